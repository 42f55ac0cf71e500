"""Names of devices and accounts in a database whose encoding lacks some characters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from django.core.management import call_command
from django.db import DataError, connection
from django.test import Client
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, operations
from tests.conftest import make_user
from tests.lives import client_of
from tests.views.whole_api import credentials

pytestmark = pytest.mark.django_db

# The last letter is the last one of Latin-1.
TYPED, STORED = "📱 민수 éÿ", "éÿ"


@pytest.fixture(autouse=True)
def _latin_letters_only() -> Iterator[None]:
    """Make the database refuse every query with a character that Latin-1 lacks."""

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        for row in params or () if many else (params or (),):
            if any(isinstance(value, str) and max(value, default="") > "\xff" for value in row):
                raise DataError('character has no equivalent in encoding "LATIN1"')
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield


def create(user: Any) -> None:
    get_token_model().objects.create(user=user, name=TYPED)


def save(user: Any) -> None:
    token = get_token_model().objects.create(user=user)
    token.name = TYPED
    token.save(update_fields=["name"])


def bulk_create(user: Any) -> None:
    model = get_token_model()
    model.objects.bulk_create([model(user=user), model(user=user, name=TYPED)])


def replace(user: Any) -> None:
    for _ in range(2):
        operations.replace(user, name=TYPED)


def issue(user: Any) -> None:
    operations.issue(user, name=TYPED)


def command(user: Any) -> None:
    call_command("create_token", user.get_username(), "--name", TYPED)


def login(user: Any) -> None:
    body = {**credentials(user), "name": TYPED}
    assert APIClient().post("/auth/login/", body, format="json").status_code == 200


def user_agent(user: Any) -> None:
    client = APIClient(HTTP_USER_AGENT=TYPED)
    assert client.post("/auth/login/", credentials(user), format="json").status_code == 200


def api(user: Any) -> None:
    answer = client_of(operations.issue(user)).post("/auth/tokens/", {"name": TYPED}, format="json")
    assert answer.status_code == 201


def api_rename(user: Any) -> None:
    token = operations.issue(user)
    answer = client_of(token).patch(f"/auth/tokens/{token.pk}/", {"name": TYPED}, format="json")
    assert answer.json()["name"] == STORED


def browser() -> Client:
    client = Client()
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    return client


def admin(user: Any) -> None:
    form = {"user": user.pk, "kind": "personal", "name": TYPED}
    assert browser().post(_admin("add/"), form).status_code == 200


def admin_rename(user: Any) -> None:
    token = operations.issue(user)
    assert browser().post(_admin(f"{token.pk}/change/"), {"name": TYPED}).status_code == 302


def _admin(path: str) -> str:
    meta = get_token_model()._meta
    return f"/admin/{meta.app_label}/{meta.model_name}/{path}"


WAYS = [
    create,
    save,
    bulk_create,
    replace,
    issue,
    command,
    login,
    user_agent,
    api,
    api_rename,
    admin,
    admin_rename,
]


@pytest.mark.parametrize("way", WAYS)
def test_a_name_is_saved_without_characters_that_cannot_be_stored(
    user: Any, settings: Any, way: Callable[[Any], None]
) -> None:
    way(user)
    assert get_token_model().objects.filter(name=STORED).count() == 1


def test_the_admin_finds_a_name_by_its_stored_form(user: Any) -> None:
    get_token_model().objects.create(user=user, name=STORED, kind="personal")
    client = browser()
    assert "1 token" in client.get(_admin(""), {"q": TYPED}).text
    assert "0 tokens" in client.get(_admin(""), {"q": "📱"}).text


@pytest.mark.parametrize("column", ["kind", "name__icontains", "hint"])
def test_an_admin_filter_with_a_character_that_cannot_be_stored_is_no_error(
    user: Any, column: str
) -> None:
    answer = browser().get(_admin(""), {column: "📱"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{_admin('')}?e=1")


class TestPages:
    MADE: ClassVar = {"lifetime": str(90 * 86400), "access": "everything"}

    @pytest.fixture(autouse=True)
    def _pages(self, settings: Any) -> None:
        settings.ROOT_URLCONF = "tests.pages.urls"

    @pytest.fixture
    def page(self, user: Any) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def test_a_page_creates_and_renames_a_token(self, user: Any, page: Client) -> None:
        answer = page.post("/account/api-tokens/new/", {"name": TYPED, **self.MADE})
        assert answer.status_code == 200
        [token] = get_token_model().objects.all()
        assert token.name == STORED
        path = f"/account/api-tokens/{token.pk}/"
        assert page.post(path, {"name": "Ü📱"}).status_code == 302
        token.refresh_from_db()
        assert token.name == "Ü"

    def test_a_page_asks_for_a_name_that_can_be_stored(self, page: Client) -> None:
        answer = page.post("/account/api-tokens/new/", {"name": "📱", **self.MADE})
        assert "This field is required" in answer.text
        assert not get_token_model().objects.exists()

    @pytest.mark.parametrize("place", ["devices", "api-tokens"])
    def test_a_list_finds_a_name_by_its_stored_form(
        self, user: Any, page: Client, place: str
    ) -> None:
        kind = "login" if place == "devices" else "personal"
        get_token_model().objects.create(user=user, name=STORED, kind=kind)
        assert STORED in page.get(f"/account/{place}/", {"q": TYPED}).text
        assert page.get(f"/account/{place}/", {"q": "📱"}).status_code == 200


@pytest.mark.parametrize("name", ["📱", "민수"])
def test_a_login_with_a_name_that_cannot_be_stored_is_a_400(name: str) -> None:
    body = {"username": name, "password": "x"}
    assert APIClient().post("/auth/login/", body, format="json").status_code == 400
