"""``act_as``, the helper for a project's own tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client, override_settings
from django.utils import timezone
from rest_framework.test import APIClient, RequestsClient

from drf_token_auth import get_token_model, operations
from drf_token_auth.exceptions import UnknownScopes
from drf_token_auth.test import aact_as, act_as
from tests.conftest import make_user
from tests.lives import at
from tests.queries import queries

Token = get_token_model()
SCOPES = {"SCOPES": {"read": "Read", "write": "Write", "admin": "All"}}

pytestmark = pytest.mark.urls("tests.life_urls")


@pytest.fixture(params=[APIClient, Client])
def client(request: pytest.FixtureRequest) -> Any:
    return request.param()


def test_a_client_acts_as_the_user(user: Any, client: Any) -> None:
    token = act_as(client, user)
    response = client.get("/echo/")
    assert response.status_code == 200
    assert response.json() == {"user": user.get_username(), "token": token.pk}
    assert (token.kind, token.scopes, token.user) == ("login", None, user)
    assert Token.objects.from_key(token.key) == token


def test_a_client_can_act_as_another_user(user: Any, other_user: Any, client: Any) -> None:
    act_as(client, user)
    act_as(client, other_user)
    assert client.get("/echo/").json()["user"] == other_user.get_username()


@pytest.mark.parametrize("forced", ["user", "token", "both"])
def test_act_as_replaces_force_authenticate(user: Any, other_user: Any, forced: str) -> None:
    client = APIClient()
    other = operations.issue(other_user)
    client.force_authenticate(
        other_user if forced != "token" else None, other if forced != "user" else None
    )
    act_as(client, user)
    assert client.get("/echo/").json()["user"] == user.get_username()


def test_other_headers_stay_and_no_session_is_made(user: Any) -> None:
    """A project may have no sessions at all."""
    client = APIClient(HTTP_X_TENANT="a")
    client.cookies["theme"] = "dark"
    with queries() as asked:
        act_as(client, user)
    assert not [one for one in asked if "session" in one]
    assert client.defaults == {"HTTP_X_TENANT": "a"}
    assert list(client.cookies) == ["theme"]


class Headers:
    """A client with ``headers``, such as ``requests.Session`` and DRF's ``RequestsClient``."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}


def test_a_client_with_headers_gets_the_authorization_header(user: Any) -> None:
    client = Headers()
    token = act_as(client, user, keyword="Bearer")
    assert client.headers == {"Authorization": f"Bearer {token.key}"}


def test_the_requests_client_of_drf_acts_as_the_user(user: Any) -> None:
    client = RequestsClient()
    token = act_as(client, user)
    response = client.get("http://testserver/echo/")
    assert response.json() == {"user": user.get_username(), "token": token.pk}


@pytest.mark.django_db(transaction=True)
def test_aact_as_works_in_async_code() -> None:
    user = make_user()

    @async_to_sync
    async def ask() -> tuple[int, int]:
        client = AsyncClient()
        token = await aact_as(client, user, age=timedelta(minutes=14))
        answer = await client.get("/recent/")
        return token.pk, answer.status_code

    assert ask() == (Token.objects.get().pk, 200)


def test_a_token_of_the_client_can_be_revoked(user: Any, client: Any) -> None:
    token = act_as(client, user)
    operations.revoke(token, reason="logout")
    assert client.get("/echo/").status_code == 401


@pytest.mark.parametrize(
    ("scopes", "get", "post"),
    [(None, 200, 200), (["read"], 200, 403), ("read write", 200, 200), (["admin"], 403, 403)],
)
def test_a_client_has_the_given_scopes(
    user: Any, client: Any, scopes: Any, get: int, post: int
) -> None:
    with override_settings(DRF_TOKEN_AUTH=SCOPES):
        act_as(client, user, scopes=scopes)
        assert client.get("/scopes/by-method/").status_code == get
        assert client.post("/scopes/by-method/").status_code == post


def test_an_undeclared_scope_is_an_error(user: Any, client: Any) -> None:
    with pytest.raises(UnknownScopes):
        act_as(client, user, scopes=["nope"])


@pytest.mark.parametrize(
    ("kind", "age", "status"),
    [
        ("login", timedelta(0), 200),
        ("login", timedelta(minutes=14), 200),
        ("login", timedelta(minutes=15), 401),
        ("personal", timedelta(0), 401),
    ],
)
def test_the_token_has_the_given_kind_and_age(
    user: Any, client: Any, kind: str, age: timedelta, status: int
) -> None:
    now = timezone.now()
    with at(now):
        token = act_as(client, user, kind=kind, age=age)
        assert client.get("/recent/").status_code == status
        assert token.kind == kind
        assert token.created_at == now - age
        assert client.get("/echo/").status_code == 200


def test_a_client_sends_the_given_keyword(user: Any, client: Any) -> None:
    with override_settings(DRF_TOKEN_AUTH=SCOPES):
        act_as(client, user, keyword="Bearer")
        assert client.get("/scopes/bearer/").status_code == 200
    assert client.get("/echo/").status_code == 401
