from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp_auth
from django.test import Client
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from drf_token_auth.contrib.session_tokens import revoke_with_session
from tests.conftest import PASSWORD
from tests.lives import at

API = "/_allauth/app/v1"
SIGNUP = {"username": "eve", "email": "eve@example.com", "password": "staple battery horse"}


def post(route: str, body: dict[str, str], client: str = "app") -> Any:
    return Client(headers={"user-agent": "phone"}).post(
        f"/_allauth/{client}/v1{route}", body, content_type="application/json"
    )


def post_in(meta: dict[str, Any], route: str, body: dict[str, str]) -> Any:
    """Send a POST with the session token that an earlier answer contained."""
    session = Client(headers={"x-session-token": meta["session_token"]})
    return session.post(f"{API}{route}", body, content_type="application/json")


def log_in(client: str = "app") -> Any:
    return post("/auth/login", {"username": "ada", "password": PASSWORD}, client).json()["meta"]


def log_out(meta: dict[str, Any]) -> Any:
    return Client(headers={"x-session-token": meta["session_token"]}).delete(f"{API}/auth/session")


def status(key: str) -> int:
    return Client(headers={"authorization": f"Token {key}"}).get("/echo/").status_code


def test_login_answers_with_a_key_that_works_and_its_lifetime(user: Any) -> None:
    meta = log_in()
    assert status(meta["access_token"]) == 200
    token = get_token_model().objects.get()
    assert (token.user, token.kind, token.name) == (user, "login", "phone")
    lifetime = (token.expires_at - token.created_at).total_seconds()
    assert lifetime - 60 < meta["expires_in"] <= lifetime


def test_a_token_that_never_expires_has_no_expires_in(user: Any, settings: Any) -> None:
    settings.DRF_TOKEN_AUTH = {"TTL": None}
    meta = log_in()
    assert "expires_in" not in meta
    assert status(meta["access_token"]) == 200


def test_signup_answers_with_a_key_that_works(db: None) -> None:
    response = post("/auth/signup", SIGNUP)
    assert response.status_code == 200, response.json()
    assert status(response.json()["meta"]["access_token"]) == 200
    assert get_token_model().objects.count() == 1


def test_login_by_code_answers_with_a_key_that_works(user: Any, mailoutbox: Any) -> None:
    user.email = "ada@example.com"
    user.save()
    asked = post("/auth/code/request", {"email": user.email}).json()["meta"]
    [code] = re.findall(r"^[A-Z0-9-]{6,}$", mailoutbox[0].body, re.MULTILINE)
    meta = post_in(asked, "/auth/code/confirm", {"code": code}).json()["meta"]
    assert status(meta["access_token"]) == 200
    assert get_token_model().objects.count() == 1


@pytest.mark.parametrize("limit", [None, 1])
def test_login_with_a_second_factor_creates_one_token(
    user: Any, settings: Any, limit: int | None
) -> None:
    settings.DRF_TOKEN_AUTH = {"MAX_TOKENS_PER_USER": limit, "WHEN_FULL": "reject"}
    secret = totp_auth.generate_totp_secret()
    totp_auth.TOTP.activate(user, secret)
    password_only = log_in()
    assert "access_token" not in password_only
    # A code is right for 30 seconds, so stop the clock.
    with at(timezone.now()):
        counter = int(time.time()) // 30
        code = totp_auth.format_hotp_value(totp_auth.hotp_value(secret, counter))
        # allauth renders two answers to this request, and discards the first.
        meta = post_in(password_only, "/auth/2fa/authenticate", {"code": code}).json()["meta"]
    assert status(meta["access_token"]) == 200
    assert get_token_model().objects.count() == 1


def test_a_full_account_is_refused_and_not_logged_in(user: Any, settings: Any) -> None:
    settings.DRF_TOKEN_AUTH = {"MAX_TOKENS_PER_USER": 1, "WHEN_FULL": "reject"}
    meta = log_in()
    answer = post("/auth/login", {"username": "ada", "password": PASSWORD})
    [error] = answer.json().pop("errors")
    assert (answer.status_code, answer.json()["status"], error["code"]) == (403, 403, "token_limit")
    assert "Revoke one of them first" in error["message"]
    assert "meta" not in answer.json()
    assert status(meta["access_token"]) == 200
    # A logout makes room for one more token.
    log_out(meta)
    assert status(log_in()["access_token"]) == 200


def test_a_full_account_revokes_its_oldest_token(user: Any, settings: Any) -> None:
    settings.DRF_TOKEN_AUTH = {"MAX_TOKENS_PER_USER": 1}
    first, second = log_in(), log_in()
    assert [status(one["access_token"]) for one in (first, second)] == [401, 200]


def test_allauths_logout_revokes_the_token_and_no_other(user: Any) -> None:
    phone, laptop = log_in(), log_in()
    assert log_out(laptop).status_code == 401  # no user is logged in any more
    assert [status(one["access_token"]) for one in (phone, laptop)] == [200, 401]


def test_our_logout_keeps_allauths_session(user: Any) -> None:
    meta = log_in()
    headers = {"authorization": f"Token {meta['access_token']}"}
    assert Client(headers=headers).post("/auth/logout/").status_code == 204
    session = Client(headers={"x-session-token": meta["session_token"]})
    assert session.get(f"{API}/auth/session").status_code == 200
    assert log_out(meta).status_code == 401


def test_another_request_of_the_session_makes_no_token(user: Any) -> None:
    meta = log_in()
    session = Client(headers={"x-session-token": meta["session_token"]})
    assert "access_token" not in session.get(f"{API}/auth/session").json()["meta"]
    assert get_token_model().objects.count() == 1


def test_a_browser_gets_no_token(user: Any) -> None:
    assert log_in("browser")["is_authenticated"] is True
    assert not get_token_model().objects.exists()


def test_a_password_change_revokes_the_token(user: Any) -> None:
    key = log_in()["access_token"]
    user.set_password("staple battery horse correct")
    user.save()
    assert status(key) == 401


@pytest.mark.parametrize("logs_out", [False, True])
def test_a_password_change_keeps_the_callers_token_if_allauth_keeps_the_session(
    user: Any, settings: Any, logs_out: bool
) -> None:
    settings.ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = logs_out
    phone, laptop = log_in(), log_in()
    change = {"current_password": PASSWORD, "new_password": "staple battery horse correct"}
    response = Client(headers={"x-session-token": phone["session_token"]}).post(
        f"{API}/account/password/change", change, content_type="application/json"
    )
    assert response.status_code == (401 if logs_out else 200)
    expected = [401 if logs_out else 200, 401]
    assert [status(one["access_token"]) for one in (phone, laptop)] == expected


def test_setting_a_first_password_keeps_the_token(
    user: Any, settings: Any, mailoutbox: Any
) -> None:
    user.email = "ada@example.com"
    user.set_unusable_password()
    user.save()
    asked = post("/auth/code/request", {"email": user.email}).json()["meta"]
    [code] = re.findall(r"^[A-Z0-9-]{6,}$", mailoutbox[0].body, re.MULTILINE)
    meta = post_in(asked, "/auth/code/confirm", {"code": code}).json()["meta"]
    change = {"new_password": "staple battery horse correct"}
    session = {**asked, **meta}
    assert post_in(session, "/account/password/change", change).status_code == 200
    assert status(meta["access_token"]) == 200


def test_a_logout_of_another_session_revokes_its_token(user: Any) -> None:
    phone, laptop = log_in(), log_in()
    phones = Client(headers={"x-session-token": phone["session_token"]})
    listed = phones.get(f"{API}/auth/sessions").json()["data"]
    [other] = [one["id"] for one in listed if not one["is_current"]]
    body = {"sessions": [other]}
    answer = phones.delete(f"{API}/auth/sessions", body, content_type="application/json")
    assert answer.status_code == 200
    assert [status(one["access_token"]) for one in (phone, laptop)] == [200, 401]


def test_a_login_gives_a_new_key_although_the_user_has_a_token(user: Any) -> None:
    operations.issue(user)
    assert status(log_in()["access_token"]) == 200


def test_the_strategy_answers_for_a_bare_access_token(user: Any, rf: Any) -> None:
    from allauth.headless import app_settings

    request = rf.get("/")
    request.user = user
    assert status(app_settings.TOKEN_STRATEGY.create_access_token(request)) == 200


def test_no_user_gets_the_key_of_another_user(user: Any, other_user: Any, rf: Any) -> None:
    from allauth.headless import app_settings

    request = rf.get("/")
    owners = []
    for request.user in (user, other_user, other_user):
        key = app_settings.TOKEN_STRATEGY.create_access_token(request)
        owners.append(get_token_model().objects.from_key(key).user)
    assert owners == [user, other_user, other_user]
    assert get_token_model().objects.count() == 2


@pytest.mark.parametrize("kind", ["none", "without a session"])
def test_a_logout_without_a_session_revokes_nothing(user: Any, rf: Any, kind: str) -> None:
    # channels sends the signal without a request. The request of our own logout may lack a session.
    request = None if kind == "none" else rf.get("/")
    tokens = get_token_model().objects
    token = tokens.create(user=user)
    revoke_with_session(sender=type(user), request=request, user=user)
    assert list(tokens.all()) == [token]
