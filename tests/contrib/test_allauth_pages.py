"""The pages with allauth: its reauthentication, and its look."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.signals import authentication_step_completed
from django.core.checks import run_checks
from django.test import Client, RequestFactory
from django.utils import timezone
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, operations
from drf_token_auth.logins.age import login_age
from tests.conftest import PASSWORD
from tests.lives import at
from tests.pages.test_looks import write_templates
from tests.pages.test_make import MONTH, NEW, key_in, make

Token = get_token_model()


@pytest.fixture
def stale(user: Any) -> Client:
    client = Client()
    with at(timezone.now() - timedelta(hours=1)):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_nothing_is_wrong_with_these_settings() -> None:
    assert [one for one in run_checks() if "token" in one.id] == []


def test_a_user_with_a_stale_login_confirms_on_allauths_page_and_comes_back(stale: Client) -> None:
    to_allauth = stale.get(f"{NEW}?name=ci")
    url = urlsplit(to_allauth.headers["Location"])
    assert url.path == "/accounts/reauthenticate/"
    assert parse_qs(url.query)["next"] == [f"{NEW}?name=ci"]
    back = stale.post(to_allauth.headers["Location"], {"password": PASSWORD})
    assert back.headers["Location"] == f"{NEW}?name=ci"
    page = stale.get(back.headers["Location"])
    assert page.context["form"]["name"].value() == "ci"
    assert "password" not in page.context["form"].fields
    assert key_in(make(stale))


def test_staff_who_act_as_a_user_log_in_as_themselves(stale: Client) -> None:
    """They cannot confirm on allauth's page, because it asks for the password of the user."""
    session = stale.session
    session["hijack_history"] = ["1"]
    session.save()
    page = stale.get(NEW)
    assert page.status_code == 200
    assert "Log in again" in page.text


def test_a_login_that_became_stale_while_the_form_was_open_loses_nothing(stale: Client) -> None:
    response = make(stale)
    [target] = parse_qs(urlsplit(response.headers["Location"]).query)["next"]
    assert target == f"{NEW}?name=deploy&lifetime={MONTH}"
    # allauth stores whole requests to its own pages. It must not store a request to our pages.
    assert "account_reauthentication_state" not in stale.session
    assert not Token.objects.exists()


def test_a_reauthentication_is_a_fresh_login_for_the_api(stale: Client) -> None:
    api = APIClient()
    api.cookies = stale.cookies
    assert api.post("/auth/tokens/", {"name": "ci"}).status_code == 401
    stale.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert api.post("/auth/tokens/", {"name": "ci"}).status_code == 201


@pytest.mark.parametrize(
    ("who", "reauthenticated", "counts"),
    [("user", True, True), ("user", False, False), ("other", True, False)],
)
def test_only_a_reauthentication_of_the_same_user_is_a_fresh_login(
    stale: Client, user: Any, other_user: Any, who: str, reauthenticated: bool, counts: bool
) -> None:
    request = RequestFactory().get("/")
    request.session, request.user = stale.session, user
    authentication_step_completed.send(
        sender=type(user),
        request=request,
        user=user if who == "user" else other_user,
        method="password",
        reauthenticated=reauthenticated,
    )
    age = login_age(request)
    assert age is not None
    assert (age < timedelta(minutes=1)) is counts


def test_a_user_without_any_way_to_confirm_logs_in_again(stale: Client, user: Any) -> None:
    type(user).objects.filter(pk=user.pk).update(password="!unusable")
    with at(timezone.now() - timedelta(hours=1)):
        user.refresh_from_db()
        stale.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert "Please log in again." in stale.get(NEW).content.decode()
    response = stale.post(NEW, {"log_in_again": "1"})
    assert response.headers["Location"].startswith("/accounts/login/?next=")


class TestBrowsers:
    """allauth.usersessions lists the web browsers in which the user is logged in."""

    @pytest.fixture
    def browsers(self, user: Any) -> list[Client]:
        clients = [Client(), Client()]
        for client in clients:
            data = {"login": user.get_username(), "password": PASSWORD}
            assert client.post("/accounts/login/", data).status_code == 302
        return clients

    @pytest.fixture
    def tied(self, user: Any, browsers: list[Client]) -> list[Any]:
        """Tie a new login token to the session of each browser. Return these tokens."""
        tokens = []
        for client in browsers:
            token = operations.issue(user, name=f"session {len(tokens)}")
            session = client.session
            session["_drf_token_auth_token"] = str(token.pk)
            session.save()
            tokens.append(token)
        return tokens

    def test_the_list_links_to_allauths_list(self, browsers: list[Client]) -> None:
        text = browsers[0].get("/account/devices/").content.decode()
        assert '<a href="/accounts/sessions/">Web browsers' in text

    def test_other_web_browsers_are_logged_out_with_the_other_devices(
        self, browsers: list[Client], tied: list[Any], other_user: Any
    ) -> None:
        stranger = Client()
        data = {"login": other_user.get_username(), "password": PASSWORD}
        stranger.post("/accounts/login/", data)
        path = "/account/devices/revoke/?others=1"
        assert "Your other web browsers are logged out too." in browsers[0].get(path).text
        browsers[0].post(path)
        statuses = [one.get("/account/devices/").status_code for one in (*browsers, stranger)]
        assert statuses == [200, 302, 200]
        assert list(Token.objects.all()) == [tied[0]]

    def test_logging_out_one_device_logs_out_no_browser(
        self, browsers: list[Client], tied: list[Any]
    ) -> None:
        path = f"/account/devices/revoke/?id={tied[1].pk}"
        assert "Web browsers stay logged in." in browsers[0].get(path).text
        browsers[0].post(path)
        assert browsers[1].get("/account/devices/").status_code == 200


def test_the_templates_of_the_guide_work(
    stale: Client, user: Any, tmp_path: Path, settings: Any
) -> None:
    assert len(write_templates(tmp_path, "allauth/")) == 4
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    token = Token.objects.create(user=user, kind="personal", name="backup")
    for path in ("", f"{token.pk}/", f"{token.pk}/revoke/"):
        text = stale.get(f"/account/api-tokens/{path}").content.decode()
        assert "<strong>Menu:</strong>" in text
        assert "pages.css" in text
        assert "dta-button--" not in text
        assert "backup" in text
    done = stale.post(f"/account/api-tokens/{token.pk}/revoke/", follow=True).content.decode()
    assert done.count("1 API token is revoked.") == 1
