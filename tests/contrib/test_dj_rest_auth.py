"""dj-rest-auth. Run twice: with and without rest_framework.authtoken installed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from dj_rest_auth.app_settings import api_settings
from dj_rest_auth.serializers import TokenSerializer
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.checks import run_checks
from django.test import Client
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, operations
from tests.conftest import PASSWORD
from tests.contrib.clients import (
    NEW_PASSWORD,
    STALE,
    assert_an_error_report_hides_a_password,
    assert_the_page_hides_a_password,
    client_with,
    failing_receivers,
    stale_key,
    status,
)
from tests.projects_on_disk import Project

REGISTRATION = {
    "username": "eve",
    "email": "eve@example.com",
    "password1": NEW_PASSWORD,
    "password2": NEW_PASSWORD,
}
IS_BESIDE = apps.is_installed("rest_framework.authtoken")
HAS_MFA = apps.is_installed("dj_rest_auth.mfa")


def log_in(client: Any = None, password: str = PASSWORD) -> Any:
    client = client or APIClient()
    return client.post("/rest-auth/login/", {"username": "ada", "password": password})


def test_each_login_gives_a_key_that_works(user: Any) -> None:
    answers = [log_in().json() for _ in range(2)]
    assert [list(answer) for answer in answers] == [["key", "expires_at"]] * 2
    assert answers[0]["key"] != answers[1]["key"]
    assert [status(answer["key"]) for answer in answers] == [200, 200]


@pytest.mark.parametrize("kind", STALE)
def test_a_stale_key_in_the_header_does_not_stop_public_routes(user: Any, kind: str) -> None:
    key = stale_key(user, kind)
    client = client_with(key)
    assert log_in(client).status_code == 200
    assert client.post("/rest-auth/registration/", REGISTRATION).status_code == 201
    reset = {"email": "nobody@example.com"}
    assert client.post("/rest-auth/password/reset/", reset).status_code == 200
    # The other routes still need a key that works.
    assert client_with(key).get("/rest-auth/user/").status_code == 401


@pytest.mark.parametrize("path", ["/rest-auth/login/", "/rest-auth/registration/"])
def test_the_page_does_not_show_a_posted_password(user: Any, path: str) -> None:
    assert_the_page_hides_a_password(path)


@pytest.mark.parametrize("sent_as", ["json", "multipart"])
@pytest.mark.parametrize("path", ["/rest-auth/login/", "/rest-auth/registration/"])
def test_an_error_report_does_not_show_a_posted_password(db: None, path: str, sent_as: str) -> None:
    assert_an_error_report_hides_a_password(path, sent_as)


@pytest.mark.parametrize("path", ["/rest-auth/login/", "/rest-auth/registration/"])
def test_a_body_that_is_nested_too_deep_is_refused(user: Any, path: str) -> None:
    body = "[" * 100_000 + "]" * 100_000
    assert APIClient().post(path, body, content_type="application/json").status_code == 400


def test_public_routes_keep_the_authenticators_that_check_for_csrf(user: Any) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)  # SessionAuthentication checks requests with a session.
    assert log_in(client).status_code == 403


def test_logins_over_the_rate_are_throttled(user: Any, settings: Any) -> None:
    settings.DRF_TOKEN_AUTH = {"LOGIN_RATES": {"account": "2/day"}}
    assert [log_in().status_code for _ in range(3)] == [200, 200, 429]


def test_logins_by_email_address_share_the_accounts_count(user: Any, settings: Any) -> None:
    """dj-rest-auth reads the e-mail address and the user name. A client may send both."""
    settings.DRF_TOKEN_AUTH = {"LOGIN_RATES": {"account": "2/day"}}
    user.email = "ada@example.com"
    user.save()
    guesses = [
        {"email": "ada@example.com", "username": "junk"},
        {"email": "ADA@example.com"},
        {"username": "ada", "email": "junk@example.com"},
    ]
    answers = [
        APIClient().post("/rest-auth/login/", {**guess, "password": "wrong"}) for guess in guesses
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 429]


def test_no_cache_may_store_an_answer_with_a_key(user: Any) -> None:
    for response in (log_in(), APIClient().post("/rest-auth/registration/", REGISTRATION)):
        assert "key" in response.json()
        assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("route", ["/rest-auth/logout/", "/rest-auth/logout"])
def test_logout_revokes_the_presented_token(user: Any, route: str) -> None:
    phone, laptop = (log_in().json()["key"] for _ in range(2))
    response = client_with(phone).post(route)
    assert (response.status_code, response.json()) == (200, {"detail": "Successfully logged out."})
    assert [status(phone), status(laptop)] == [401, 200]


def test_a_get_logs_out_only_if_allauth_allows_it(user: Any, settings: Any) -> None:
    key = log_in().json()["key"]
    assert client_with(key).get("/rest-auth/logout/").status_code == 405
    assert status(key) == 200
    settings.ACCOUNT_LOGOUT_ON_GET = True
    assert client_with(key).get("/rest-auth/logout/").status_code == 200
    assert status(key) == 401


def test_a_logout_by_session_revokes_the_token_of_its_login(user: Any) -> None:
    browser = Client()
    key = log_in(browser).json()["key"]
    other = log_in().json()["key"]
    assert browser.post("/rest-auth/logout/").status_code == 200
    assert [status(key), status(other)] == [401, 200]


def test_a_logout_works_without_sessions(user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_settings, "SESSION_LOGIN", False)
    browser = Client()
    key = log_in(browser).json()["key"]
    assert "_auth_user_id" not in browser.session
    assert client_with(key).post("/rest-auth/logout/").status_code == 200
    assert status(key) == 401


def test_a_login_sets_no_cookie_without_sessions(
    user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_settings, "SESSION_LOGIN", False)
    response = log_in()
    assert (response.status_code, response.cookies) == (200, {})


def test_the_session_of_another_user_is_replaced(user: Any, other_user: Any) -> None:
    browser = Client()
    browser.force_login(other_user)
    key = log_in(browser).json()["key"]
    assert browser.post("/rest-auth/logout/").status_code == 200
    assert status(key) == 401


def test_a_logout_by_session_revokes_the_token_of_its_registration(db: None) -> None:
    browser = Client()
    key = browser.post("/rest-auth/registration/", REGISTRATION).json()["key"]
    assert browser.post("/rest-auth/logout/").status_code == 200
    assert status(key) == 401


def test_a_receiver_that_raises_changes_no_token(user: Any) -> None:
    token = operations.issue(user)
    with failing_receivers():
        with pytest.raises(PermissionError):
            log_in()
        with pytest.raises(PermissionError):
            client_with(token.key).post("/rest-auth/logout/")
    assert [one.pk for one in get_token_model().objects.all()] == [token.pk]


def test_a_logout_without_a_user_succeeds(db: None) -> None:
    assert APIClient().post("/rest-auth/logout/").status_code == 200


def test_registration_answers_with_a_key_that_works(db: None) -> None:
    response = APIClient().post("/rest-auth/registration/", REGISTRATION)
    assert response.status_code == 201, response.content
    assert status(response.json()["key"]) == 200
    assert get_token_model().objects.count() == 1


def test_registration_calls_the_token_creator_of_the_project(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def create_token(token_model: Any, user: Any, serializer: Any) -> Any:
        user.issued_token = operations.issue(user, ttl=None)
        return user.issued_token

    monkeypatch.setattr(api_settings, "TOKEN_CREATOR", create_token)
    response = APIClient().post("/rest-auth/registration/", REGISTRATION)
    assert (response.status_code, response.json()["expires_at"]) == (201, None)
    assert status(response.json()["key"]) == 200


def test_registration_creates_no_token_before_the_address_is_verified(
    db: None, settings: Any
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    response = APIClient().post("/rest-auth/registration/", REGISTRATION)
    assert response.status_code == 201
    assert list(response.json()) == ["detail"]
    assert get_user_model().objects.filter(username="eve").exists()
    assert not get_token_model().objects.exists()


def change_password(client: Any) -> Any:
    answer = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    return client.post("/rest-auth/password/change/", answer)


def test_a_password_change_keeps_the_callers_token(user: Any) -> None:
    phone, laptop = (log_in().json()["key"] for _ in range(2))
    assert change_password(client_with(phone)).status_code == 200
    assert [status(phone), status(laptop)] == [200, 401]
    assert log_in(password=NEW_PASSWORD).status_code == 200


def test_a_password_change_by_the_session_keeps_its_token(user: Any) -> None:
    browser = Client()
    key, other = log_in(browser).json()["key"], log_in().json()["key"]
    assert change_password(browser).status_code == 200
    assert [status(key), status(other)] == [200, 401]
    # A logout still revokes the token.
    assert browser.post("/rest-auth/logout/").status_code == 200
    assert status(key) == 401


def test_a_session_of_djangos_own_login_survives_its_password_change(user: Any) -> None:
    browser = Client()
    browser.force_login(user)
    assert change_password(browser).status_code == 200
    assert browser.get("/echo/").status_code == 200


def test_a_password_change_by_session_can_stop_the_callers_token(
    user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_settings, "LOGOUT_ON_PASSWORD_CHANGE", True)
    browser = Client()
    key = log_in(browser).json()["key"]
    assert change_password(browser).status_code == 200
    assert status(key) == 401


def test_a_password_change_can_stop_the_callers_token(
    user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_settings, "LOGOUT_ON_PASSWORD_CHANGE", True)
    key = log_in().json()["key"]
    assert change_password(client_with(key)).status_code == 200
    assert status(key) == 401


def test_a_password_reset_stops_login_tokens(user: Any) -> None:
    key = log_in().json()["key"]
    user.refresh_from_db()
    # The e-mail of allauth has these values.
    link = {"uid": user_pk_to_url_str(user), "token": default_token_generator.make_token(user)}
    answer = {**link, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    response = APIClient().post("/rest-auth/password/reset/confirm/", answer)
    assert response.status_code == 200, response.json()
    assert status(key) == 401
    assert log_in(password=NEW_PASSWORD).status_code == 200


def test_dj_rest_auths_own_serializer_works_too(user: Any) -> None:
    token = operations.issue(user)
    assert TokenSerializer(token).data == {"key": token.key}


def test_a_login_to_a_full_account_is_refused(user: Any, settings: Any) -> None:
    full = {"MAX_TOKENS_PER_USER": 1, "WHEN_FULL": "reject", "UNKNOWN_KEYS": "pass"}
    settings.DRF_TOKEN_AUTH = full
    assert [log_in().status_code for _ in range(2)] == [200, 403]


def test_nothing_is_wrong_with_these_settings(db: None) -> None:
    assert [message for message in run_checks() if message.id.startswith("drf_token_auth")] == []


if IS_BESIDE:
    from rest_framework.authtoken.models import Token as OldToken

    def test_a_token_of_drf_works_after_a_logout_with_ours(user: Any) -> None:
        old = OldToken.objects.create(user=user)
        key = log_in().json()["key"]
        assert client_with(key).post("/rest-auth/logout/").status_code == 200
        assert [status(key), status(old.key)] == [401, 200]

    def test_our_token_works_after_a_logout_with_a_token_of_drf(user: Any) -> None:
        old = OldToken.objects.create(user=user)
        key = operations.issue(user).key
        assert client_with(old.key).post("/rest-auth/logout/").status_code == 200
        assert [status(key), status(old.key)] == [200, 401]


if HAS_MFA:
    from dj_rest_auth.mfa.recovery_codes import RecoveryCodes
    from dj_rest_auth.mfa.totp import TOTP, generate_totp_secret

    @pytest.fixture
    def codes(user: Any, settings: Any) -> list[str]:
        """Give the user a second factor. Return their recovery codes."""
        settings.ROOT_URLCONF = "tests.contrib.mfa_urls"
        TOTP.activate(user, generate_totp_secret())
        made: list[str] = RecoveryCodes.activate(user)
        return made

    def begin(client: APIClient, prefix: str = "mfa") -> Any:
        data = {"username": "ada", "password": PASSWORD}
        return client.post(f"/{prefix}/login/", data)

    def finish(client: APIClient, ephemeral_token: str, code: str, prefix: str = "mfa") -> Any:
        data = {"ephemeral_token": ephemeral_token, "code": code}
        return client.post(f"/{prefix}/mfa/verify/", data)

    def test_a_login_with_a_second_factor_gives_a_key_that_works(
        user: Any, codes: list[str]
    ) -> None:
        first = begin(APIClient())
        assert first.status_code == 200, first.content
        assert first.json()["mfa_required"] is True
        assert not get_token_model().objects.exists()
        response = finish(APIClient(), first.json()["ephemeral_token"], codes[0])
        assert response.status_code == 200, response.content
        assert list(response.json()) == ["key", "expires_at"]
        assert status(response.json()["key"]) == 200
        assert [first["Cache-Control"], response["Cache-Control"]] == ["no-store"] * 2

    def test_a_stale_key_does_not_stop_a_login_with_a_second_factor(
        user: Any, codes: list[str]
    ) -> None:
        client = client_with(operations.issue(user, ttl=timedelta(seconds=-1)).key)
        first = begin(client)
        assert first.status_code == 200, first.content
        response = finish(client, first.json()["ephemeral_token"], codes[0])
        assert response.status_code == 200, response.content
        assert begin(client, "stock").status_code == 401

    @pytest.mark.parametrize("counted", ["address", "account"])
    def test_the_login_rates_limit_the_guesses_of_a_code(
        user: Any, codes: list[str], settings: Any, counted: str
    ) -> None:
        settings.DRF_TOKEN_AUTH = {
            "LOGIN_RATES": {"address": None, "account": None} | {counted: "3/day"}
        }
        ephemeral_token = begin(APIClient()).json()["ephemeral_token"]
        guesses = [finish(APIClient(), ephemeral_token, "000000") for _ in range(3)]
        assert [guess.status_code for guess in guesses] == [400, 400, 429]

    def test_a_forged_ephemeral_token_is_refused(user: Any, codes: list[str]) -> None:
        assert finish(APIClient(), f"{user.pk}:forged", codes[0]).status_code == 400
        answer = APIClient().post("/mfa/mfa/verify/", [], format="json")
        assert answer.status_code == 400

    def test_a_login_that_is_refused_keeps_the_recovery_code(
        user: Any, codes: list[str], settings: Any
    ) -> None:
        settings.DRF_TOKEN_AUTH = {"MAX_TOKENS_PER_USER": 1, "WHEN_FULL": "reject"}
        token = operations.issue(user)
        ephemeral_token = begin(APIClient()).json()["ephemeral_token"]
        assert finish(APIClient(), ephemeral_token, codes[0]).status_code == 403
        operations.revoke(token, reason="logout", actor=user)
        assert finish(APIClient(), ephemeral_token, codes[0]).status_code == 200


def project(
    tmp_path: Path,
    rest_auth: dict[str, Any],
    *includes: str,
    more: Sequence[str] = (),
    urls: Sequence[str] = (),
    installed: bool = True,
) -> Project:
    # The URLs need their own module, because include() loads models.
    (tmp_path / "project_urls.py").write_text(
        "from django.urls import include, path\n"
        f"urlpatterns = [path('a/', include(one)) for one in {includes!r}]\n" + "\n".join(urls)
    )
    beside = ["rest_framework.authtoken"] if IS_BESIDE else []
    apps_ = ["allauth", "allauth.account", "allauth.socialaccount", *beside]
    if installed:
        apps_ += ["dj_rest_auth", "dj_rest_auth.registration"]
    lines = [
        f"INSTALLED_APPS += {apps_!r}",
        "MIDDLEWARE += ['allauth.account.middleware.AccountMiddleware']",
        "ROOT_URLCONF = 'project_urls'",
        f"REST_AUTH = {rest_auth!r}",
        *more,
    ]
    return Project(tmp_path, "default_user", *lines)


OURS = {
    "TOKEN_MODEL": "drf_token_auth.models.Token",
    "TOKEN_CREATOR": "drf_token_auth.contrib.dj_rest_auth.create_token",
}


def test_a_missing_creator_is_found(tmp_path: Path) -> None:
    model_only = {"TOKEN_MODEL": OURS["TOKEN_MODEL"]}
    said = project(tmp_path, model_only, "dj_rest_auth.urls").refuse("check")
    assert "(drf_token_auth.E010)" in said
    assert OURS["TOKEN_CREATOR"] in said


def test_the_stock_logout_is_found(tmp_path: Path) -> None:
    said = project(tmp_path, OURS, "dj_rest_auth.urls").refuse("check")
    assert said.count("(drf_token_auth.E011)") == 1
    assert "but the token still works" in said
    assert 'include("drf_token_auth.contrib.dj_rest_auth.urls")' in said


def test_the_stock_registration_is_found(tmp_path: Path) -> None:
    ours = "drf_token_auth.contrib.dj_rest_auth.urls"
    said = project(tmp_path, OURS, ours, "dj_rest_auth.registration.urls").refuse("check")
    assert said.count("(drf_token_auth.E011)") == 1
    assert "RegisterView" in said


def test_wrong_settings_are_found_by_the_routes_without_the_app(tmp_path: Path) -> None:
    model_only = {"TOKEN_MODEL": OURS["TOKEN_MODEL"]}
    made = project(tmp_path, model_only, "dj_rest_auth.urls", installed=False)
    assert "(drf_token_auth.E010)" in made.refuse("check")
    stock = ("dj_rest_auth.urls", "dj_rest_auth.registration.urls")
    made = project(tmp_path, OURS, *stock, installed=False)
    assert made.refuse("check").count("(drf_token_auth.E011)") == 2


def test_settings_of_an_unused_dj_rest_auth_give_no_error(tmp_path: Path) -> None:
    model_only = {"TOKEN_MODEL": OURS["TOKEN_MODEL"]}
    project(tmp_path, model_only, installed=False).assert_no_errors()


LOGOUT = """
from dj_rest_auth.views import LogoutView
from drf_token_auth.contrib.dj_rest_auth.urls import LogoutView as OurLogoutView

class Mine({base}):
    throttle_classes = ()
    {method}
urlpatterns += [path("logout/", Mine.as_view())]
"""


@pytest.mark.parametrize(
    "method",
    [
        "pass",
        "def post(self, request): return super().post(request)",
        "def logout(self, request): return super(Mine, self).logout(request)",
    ],
)
def test_a_view_derived_from_the_stock_logout_is_found(tmp_path: Path, method: str) -> None:
    urls = LOGOUT.format(base="LogoutView", method=method)
    said = project(tmp_path, OURS, urls=[urls]).refuse("check")
    assert said.count("(drf_token_auth.E011)") == 1
    assert "drf_token_auth.contrib.dj_rest_auth.urls.LogoutView" in said


@pytest.mark.parametrize(
    ("base", "method"),
    [
        ("OurLogoutView", "pass"),
        ("OurLogoutView", "def logout(self, request): return super().logout(request)"),
        ("LogoutView", "def logout(self, r): r.auth.delete(); return super().logout(r)"),
        ("LogoutView", "def logout(self, request): ..."),
        ("LogoutView", "def post(self, request, *args, **kwargs): ..."),
    ],
)
def test_a_logout_that_the_project_replaced_is_not_reported(
    tmp_path: Path, base: str, method: str
) -> None:
    urls = LOGOUT.format(base=base, method=method)
    project(tmp_path, OURS, urls=[urls]).assert_no_errors()


DERIVED_REGISTRATION = """
from dj_rest_auth.registration.views import RegisterView
from drf_token_auth.contrib.dj_rest_auth.registration import RegisterView as OurRegisterView

class Mine({base}):
    def get_response_data(self, user):
        return {{**super().get_response_data(user), "email": user.email}}
urlpatterns += [path("registration/", Mine.as_view())]
"""


def test_a_view_derived_from_the_stock_registration_is_found(tmp_path: Path) -> None:
    stock = DERIVED_REGISTRATION.format(base="RegisterView")
    assert "(drf_token_auth.E011)" in project(tmp_path, OURS, urls=[stock]).refuse("check")
    ours = DERIVED_REGISTRATION.format(base="OurRegisterView")
    project(tmp_path, OURS, urls=[ours]).assert_no_errors()


AUTHENTICATORS = "REST_FRAMEWORK['DEFAULT_AUTHENTICATION_CLASSES']"
TAKES_OURS = f"{AUTHENTICATORS} = ['drf_token_auth.authentication.BearerTokenAuthentication']"
SESSION_ONLY = f"{AUTHENTICATORS} = ['rest_framework.authentication.SessionAuthentication']"


def test_the_stock_logout_is_found_if_it_accepts_tokens_of_our_own_login(tmp_path: Path) -> None:
    made = project(tmp_path, {"TOKEN_MODEL": None}, "dj_rest_auth.urls", more=[TAKES_OURS])
    said = made.refuse("check")
    assert said.count("(drf_token_auth.E011)") == 1
    assert "LogoutView" in said


def test_dj_rest_auth_without_our_tokens_gets_no_message(tmp_path: Path) -> None:
    stock = ("dj_rest_auth.urls", "dj_rest_auth.registration.urls")
    project(tmp_path, {"TOKEN_MODEL": None}, *stock, more=[SESSION_ONLY]).assert_no_errors()


@pytest.mark.usefixtures("prefers_another_renderer")
def test_all_routes_answer_json(user: Any) -> None:
    answer = log_in()
    assert answer.status_code == 200
    client = client_with(answer.json()["key"])
    assert client.post("/rest-auth/logout/").status_code == 200
    assert client.post("/rest-auth/logout/").json() == {"detail": "Invalid token."}


@pytest.mark.usefixtures("has_its_own_json_renderer")
def test_the_projects_own_json_renderer_is_kept(user: Any) -> None:
    assert "expiresAt" in log_in().json()
