"""A stale login: confirm it by password, or log in again. Then a key can be made."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from drf_token_auth.pages.step_up import PasswordStepUp, TooManyAttempts
from tests.conftest import PASSWORD, make_user
from tests.lives import EDGES, at, status_of
from tests.pages.test_make import MONTH, NEW, errors, key_in, make

Token = get_token_model()
HOUR = timedelta(hours=1)
LOG_IN = "/accounts/login/"
BACKEND = "django.contrib.auth.backends.ModelBackend"


class BobsPassword(ModelBackend):
    """A backend that always finds bob, like a backend for smart cards that ignores the name."""

    def authenticate(self, request: Any, **credentials: Any) -> Any:
        return get_user_model().objects.get(email="bob@example.com")


def stale_page(user: Any) -> Client:
    """A browser in which the user logged in an hour ago."""
    client = Client()
    with at(timezone.now() - HOUR):
        client.force_login(user)
    return client


def asks_password(response: Any) -> bool:
    return 'type="password"' in response.content.decode()


@pytest.mark.parametrize("edge", EDGES)
def test_a_login_is_fresh_until_the_last_microsecond(user: Any, edge: str) -> None:
    now = timezone.now()
    client = Client()
    with at(now):
        client.force_login(user)
    with at(now + timedelta(minutes=15) + EDGES[edge]):
        assert asks_password(client.get(NEW)) is (edge != "before")


def test_a_stale_login_creates_a_token_if_recent_login_is_none(user: Any) -> None:
    with override_settings(DRF_TOKEN_AUTH={"RECENT_LOGIN": None}):
        assert key_in(make(stale_page(user)))


def test_a_session_from_before_the_package_was_installed_is_stale(page: Client) -> None:
    session = page.session
    del session["_drf_token_auth_login_at"]
    session.save()
    assert asks_password(page.get(NEW))


class TestPassword:
    def test_the_right_password_creates_the_token_in_the_same_post(self, user: Any) -> None:
        page = stale_page(user)
        response = make(page, password=PASSWORD)
        assert status_of(key_in(response)) == 200
        assert not asks_password(page.get(NEW))

    @pytest.mark.parametrize("password", ["not this one", "", "x" * 5000])
    def test_a_wrong_password_creates_nothing_and_keeps_the_input(
        self, user: Any, password: str
    ) -> None:
        response = make(stale_page(user), password=password)
        assert list(errors(response)) == ["password"]
        assert response.context["form"]["name"].value() == "deploy"
        if password:
            assert password not in response.content.decode()
        assert not Token.objects.exists()

    def test_the_password_of_another_user_is_wrong(self, user: Any, other_user: Any) -> None:
        page = stale_page(user)
        with override_settings(AUTHENTICATION_BACKENDS=[f"{__name__}.BobsPassword", BACKEND]):
            response = make(page, password="the one of bob")
        assert "password" in errors(response)
        assert not Token.objects.exists()

    def test_the_session_gets_another_key_and_stays_logged_in(self, user: Any) -> None:
        page = stale_page(user)
        before = page.session.session_key
        make(page, password=PASSWORD)
        assert page.session.session_key != before
        assert not SessionStore().exists(before)
        assert page.get(NEW).status_code == 200

    @pytest.mark.parametrize("bound", [(), ("login", "personal")])
    def test_a_check_that_saves_a_stronger_hash_does_not_log_the_user_out(
        self, user: Any, bound: Any
    ) -> None:
        user.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
        user.save()
        page = stale_page(user)
        with override_settings(DRF_TOKEN_AUTH={"PASSWORD_BOUND": bound}):
            key = key_in(make(page, password=PASSWORD))
            user.refresh_from_db()
            assert user.password.startswith("md5$")
            assert page.get(NEW).status_code == 200
            assert status_of(key) == 200

    def test_attempts_of_an_account_named_by_a_uuid_are_counted(self, db: None) -> None:
        request = RequestFactory().post(NEW)
        name = uuid.uuid4()
        request.user = SimpleNamespace(USERNAME_FIELD="ref", serializable_value=lambda field: name)
        rates = {"address": None, "account": "1/day"}
        with override_settings(DRF_TOKEN_AUTH={"LOGIN_RATES": rates}):
            PasswordStepUp(request).count_attempt()
            with pytest.raises(TooManyAttempts):
                PasswordStepUp(request).count_attempt()

    def test_attempts_are_counted_together_with_logins(self, user: Any, api_client: Any) -> None:
        page = stale_page(user)
        rates = {"address": None, "account": "2/day"}
        with override_settings(DRF_TOKEN_AUTH={"LOGIN_RATES": rates}):
            wrong = {"username": user.get_username(), "password": "wrong"}
            assert api_client.post("/auth/login/", wrong).status_code == 400
            assert "password" in errors(make(page, password="wrong"))
            response = make(page, password=PASSWORD)
            assert response.status_code == 429
            assert 0 < int(response.headers["Retry-After"]) <= 24 * 3600
            assert "Too many attempts" in response.content.decode()
        assert not Token.objects.exists()

    def test_password_managers_find_the_user(self, user: Any) -> None:
        text = stale_page(user).get(NEW).content.decode()
        assert 'autocomplete="current-password"' in text
        assert re.search(r'value="[^"]+" autocomplete="username" hidden', text)


class TestLogInAgain:
    @pytest.fixture
    def sso_page(self, db: None) -> Client:
        user = make_user("grace", password=None)
        user.set_unusable_password()
        user.save()
        return stale_page(user)

    def test_the_page_asks_for_a_new_login_and_logs_out_on_a_post(self, sso_page: Client) -> None:
        text = sso_page.get(NEW).content.decode()
        assert "lease log in again" in text
        assert "Log in again</h1>" in text
        assert not asks_password(sso_page.get(NEW))
        response = sso_page.post(NEW, {"log_in_again": "1"})
        assert response.headers["Location"] == f"{LOG_IN}?next={NEW}"
        assert "_auth_user_id" not in sso_page.session

    def test_after_the_login_a_token_can_be_created(self, sso_page: Client) -> None:
        sso_page.post(NEW, {"log_in_again": "1"})
        sso_page.force_login(make_user("linus"))
        assert key_in(make(sso_page))

    def test_the_input_is_kept(self, sso_page: Client) -> None:
        response = make(sso_page, scopes=["read", "write"])
        assert not Token.objects.exists()
        query = f"name=deploy&amp;lifetime={MONTH}&amp;scope=read&amp;scope=write"
        assert f'action="{NEW}?{query}"' in response.content.decode()
        prefilled = sso_page.get(f"{NEW}?name=deploy").content.decode()
        assert f'action="{NEW}?name=deploy"' in prefilled
        response = sso_page.post(f"{NEW}?name=deploy", {"log_in_again": "1"})
        assert "name%3Ddeploy" in response.headers["Location"]

    def test_a_user_without_passwords_is_asked_to_log_in_again(
        self, user: Any, monkeypatch: Any
    ) -> None:
        monkeypatch.delattr(AbstractBaseUser, "has_usable_password")
        assert "lease log in again" in stale_page(user).get(NEW).content.decode()


@pytest.mark.parametrize("mark", ["hijack_history", "loginas_from_user"])
@pytest.mark.parametrize("recent", [timedelta(minutes=15), None])
def test_an_operator_who_acts_as_the_user_creates_no_key(
    page: Client, personal: Any, mark: str, recent: Any
) -> None:
    session = page.session
    session[mark] = ["1"]
    session.save()
    with override_settings(DRF_TOKEN_AUTH={"RECENT_LOGIN": recent}):
        for path in (NEW, f"/account/api-tokens/{personal.pk}/new-key/"):
            for response in (page.get(path), page.post(path, {"name": "x", "lifetime": MONTH})):
                assert "lease log in again" in response.content.decode()
                assert not asks_password(response)
    assert Token.objects.get() == personal


class TestLoggedOutMeanwhile:
    """The session ends after the request has read it and before the token is made."""

    @pytest.fixture(params=["password", "inactive"])
    def end_session(self, request: Any, user: Any, monkeypatch: Any) -> None:
        from drf_token_auth.pages.views import confirmed

        locked = confirmed.lock_user

        def change_then_lock(*args: Any, **kwargs: Any) -> Any:
            if request.param == "password":
                user.set_password("new")
            else:
                user.is_active = False
            user.save()
            return locked(*args, **kwargs)

        monkeypatch.setattr(confirmed, "lock_user", change_then_lock)

    def test_no_token_is_made(self, page: Client, end_session: None) -> None:
        response = make(page)
        assert response.status_code == 302
        assert response.headers["Location"].startswith(LOG_IN)
        assert not Token.objects.exists()

    def test_no_key_is_replaced(self, page: Client, personal: Any, end_session: None) -> None:
        path = f"/account/api-tokens/{personal.pk}/new-key/"
        assert page.post(path, {"replaces": personal.hint}).status_code == 302
        assert Token.objects.get().hint == personal.hint


class TestNewKey:
    def test_the_token_keeps_everything_but_its_key(self, page: Client, user: Any) -> None:
        token = operations.issue(user, kind="personal", name="deploy", ttl=HOUR)
        path = f"/account/api-tokens/{token.pk}/new-key/"
        assert "works for 60 seconds more" in page.get(path).content.decode().replace(
            "1 minute", "60 seconds"
        )
        key = key_in(page.post(path, {"replaces": token.hint}))
        assert status_of(key) == 200
        row = Token.objects.get()
        assert (row.pk, row.name, row.expires_at) == (token.pk, "deploy", token.expires_at)
        with at(timezone.now() + timedelta(minutes=2)):
            assert status_of(token) == 401

    def test_a_reload_replaces_the_key_once(self, page: Client, personal: Any) -> None:
        path = f"/account/api-tokens/{personal.pk}/new-key/"
        key = key_in(page.post(path, {"replaces": personal.hint}))
        again = page.post(path, {"replaces": personal.hint})
        assert "has already been replaced" in again.content.decode()
        assert status_of(key) == 200

    def test_without_grace_the_page_says_that_the_key_stops_at_once(
        self, page: Client, personal: Any
    ) -> None:
        with override_settings(DRF_TOKEN_AUTH={"ROTATION_GRACE": None}):
            text = page.get(f"/account/api-tokens/{personal.pk}/new-key/").content.decode()
        assert "stops working at once" in text

    def test_a_user_with_a_stale_login_is_asked_for_the_password(
        self, user: Any, personal: Any
    ) -> None:
        page, path = stale_page(user), f"/account/api-tokens/{personal.pk}/new-key/"
        assert asks_password(page.get(path))
        data = {"replaces": personal.hint}
        assert "password" in errors(page.post(path, data))
        assert key_in(page.post(path, {**data, "password": PASSWORD}))

    def test_a_device_gets_no_new_key(self, page: Client, user: Any) -> None:
        token = operations.issue(user)
        assert page.get(f"/account/api-tokens/{token.pk}/new-key/").status_code == 404
