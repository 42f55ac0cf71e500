from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core.checks import run_checks
from django.test import override_settings
from djoser.conf import settings as djoser_settings
from djoser.serializers import TokenSerializer
from djoser.utils import encode_uid
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, operations, signals
from drf_token_auth.test import act_as
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

JSON_PARSER = "rest_framework.parsers.JSONParser"


def log_in(**more: Any) -> Any:
    credentials = {"username": "ada", "password": PASSWORD, **more}
    return APIClient().post("/accounts/token/login/", credentials)


def test_each_login_gives_a_key_that_works(user: Any) -> None:
    first, second = log_in(), log_in()
    assert (first.status_code, second.status_code) == (200, 200)
    keys = [first.json()["auth_token"], second.json()["auth_token"]]
    assert keys[0] != keys[1]
    assert [status(key) for key in keys] == [200, 200]
    assert first.json()["expires_at"] is not None
    user.refresh_from_db()
    assert user.last_login is not None


def test_djosers_own_serializer_works_too(user: Any) -> None:
    token, _ = djoser_settings.TOKEN_MODEL.objects.get_or_create(user=user)
    assert TokenSerializer(token).data == {"auth_token": token.key}


def test_logout_revokes_all_login_tokens_and_no_others(
    user: Any, other_user: Any, django_capture_on_commit_callbacks: Any
) -> None:
    keys = [log_in().json()["auth_token"] for _ in range(2)]
    script = operations.issue(user, kind="personal")
    others = operations.issue(other_user)
    ended = []

    def note(reason: str, actor: Any, **kwargs: Any) -> None:
        ended.append((reason, actor))

    signals.token_revoked.connect(note)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            response = client_with(keys[0]).post("/accounts/token/logout/")
    finally:
        signals.token_revoked.disconnect(note)
    assert response.status_code == 204
    assert [status(key) for key in keys] == [401, 401]
    assert [status(script.key), status(others.key)] == [200, 200]
    assert ended == [("logout_all", user)] * 2


def test_a_password_change_stops_all_login_tokens(user: Any) -> None:
    phone, laptop = (log_in().json()["auth_token"] for _ in range(2))
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    response = client_with(phone).post("/accounts/users/set_password/", change)
    assert response.status_code == 204
    assert [status(phone), status(laptop)] == [401, 401]
    assert log_in(password=NEW_PASSWORD).status_code == 200


def test_a_password_reset_stops_login_tokens(user: Any) -> None:
    key = log_in().json()["auth_token"]
    user.refresh_from_db()
    answer = {
        "uid": encode_uid(user.pk),
        "token": default_token_generator.make_token(user),
        "new_password": NEW_PASSWORD,
    }
    response = APIClient().post("/accounts/users/reset_password_confirm/", answer)
    assert response.status_code == 204, response.json()
    assert status(key) == 401


def test_deleting_the_account_deletes_its_tokens(user: Any) -> None:
    key = log_in().json()["auth_token"]
    client = client_with(key)
    response = client.delete("/accounts/users/me/", {"current_password": PASSWORD})
    assert response.status_code == 204
    assert status(key) == 401
    assert not get_token_model().objects.exists()


def test_a_receiver_that_raises_changes_no_token(user: Any) -> None:
    token = operations.issue(user)
    with failing_receivers():
        with pytest.raises(PermissionError):
            log_in()
        with pytest.raises(PermissionError):
            client_with(token.key).post("/accounts/token/logout/")
    assert [one.pk for one in get_token_model().objects.all()] == [token.pk]


def test_a_wrong_password_is_refused_and_makes_no_token(user: Any) -> None:
    assert log_in(password="wrong").status_code == 400
    assert not get_token_model().objects.exists()


def test_a_login_to_a_full_account_is_refused(user: Any, settings: Any) -> None:
    settings.DRF_TOKEN_AUTH = {"MAX_TOKENS_PER_USER": 1, "WHEN_FULL": "reject"}
    assert log_in().status_code == 200
    assert log_in().status_code == 403


def test_logins_over_the_rate_are_throttled(user: Any, settings: Any) -> None:
    settings.DRF_TOKEN_AUTH = {"LOGIN_RATES": {"account": "2/day"}}
    assert [log_in().status_code for _ in range(3)] == [200, 200, 429]


def test_logins_by_another_login_field_are_throttled(user: Any, settings: Any) -> None:
    settings.DJOSER = {**settings.DJOSER, "LOGIN_FIELD": "email"}
    settings.AUTHENTICATION_BACKENDS = ["djoser.auth_backends.LoginFieldBackend"]
    settings.DRF_TOKEN_AUTH = {"LOGIN_RATES": {"account": "2/day"}}
    user.email = "ada@example.com"
    user.save()
    sent = {"email": user.email, "password": PASSWORD}
    answers = [
        APIClient().post("/accounts/token/login/", {**sent, "username": f"junk{i}"})
        for i in range(3)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_no_cache_may_store_an_answer_with_a_key(user: Any) -> None:
    assert log_in().headers["Cache-Control"] == "no-store"


def test_djosers_own_views_accept_our_tokens(user: Any) -> None:
    client = APIClient()
    act_as(client, user)
    assert client.get("/accounts/users/me/").json()["username"] == "ada"


def test_nothing_is_wrong_with_these_settings() -> None:
    assert [message for message in run_checks() if message.id.startswith("drf_token_auth")] == []


def test_our_token_model_in_djosers_setting_is_found(tmp_path: Path) -> None:
    lines = [
        'INSTALLED_APPS += ["djoser"]',
        'DJOSER = {"TOKEN_MODEL": "drf_token_auth.models.Token"}',
    ]
    said = Project(tmp_path, "default_user", *lines).refuse("check")
    assert "(drf_token_auth.E009)" in said
    assert '"drf_token_auth.contrib.djoser.TokenModel"' in said


def logout_served(
    tmp_path: Path, token_model: str, authenticator: str, app: str = "djoser"
) -> Project:
    (tmp_path / "project_urls.py").write_text(
        "from django.urls import include, path\n"
        "urlpatterns = [path('a/', include('djoser.urls.authtoken'))]\n"
    )
    (tmp_path / "project_tokens.py").write_text(
        "from drf_token_auth.contrib.djoser import TokenModel\nclass ShortTokens(TokenModel): ...\n"
    )
    lines = [
        f'INSTALLED_APPS += ["rest_framework.authtoken", "{app}"]',
        f'DJOSER = {{"TOKEN_MODEL": "{token_model}"}}',
        f'REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = ["{authenticator}"]',
        "ROOT_URLCONF = 'project_urls'",
    ]
    return Project(tmp_path, "default_user", *lines)


DRFS = "rest_framework.authtoken.models.Token"
OURS = "drf_token_auth.contrib.djoser.TokenModel"
DERIVED = "project_tokens.ShortTokens"
EXPIRING = "drf_token_auth.authentication.ExpiringTokenAuthentication"


def test_a_logout_that_would_delete_only_drfs_tokens_is_found(tmp_path: Path) -> None:
    said = logout_served(tmp_path, DRFS, EXPIRING).refuse("check")
    assert "(drf_token_auth.E009)" in said
    assert "does not revoke our tokens" in said


@pytest.mark.parametrize("token_model", ["drf_token_auth.models.Token", DRFS])
def test_the_routes_of_djoser_are_checked_without_its_app(tmp_path: Path, token_model: str) -> None:
    made = logout_served(tmp_path, token_model, EXPIRING, app="django.contrib.humanize")
    assert "(drf_token_auth.E009)" in made.refuse("check")


def test_settings_of_an_unused_djoser_give_no_error(tmp_path: Path) -> None:
    Project(
        tmp_path, "default_user", 'DJOSER = {"TOKEN_MODEL": "drf_token_auth.models.Token"}'
    ).assert_no_errors()


@pytest.mark.parametrize(
    ("token_model", "authenticator"),
    [
        (OURS, EXPIRING),
        (DERIVED, EXPIRING),
        (DRFS, "rest_framework.authentication.TokenAuthentication"),
    ],
)
def test_a_logout_that_revokes_the_tokens_it_accepts_gives_no_error(
    tmp_path: Path, token_model: str, authenticator: str
) -> None:
    logout_served(tmp_path, token_model, authenticator).assert_no_errors()


@pytest.mark.parametrize("kind", STALE)
def test_a_stale_key_in_the_header_does_not_stop_public_routes(user: Any, kind: str) -> None:
    client = client_with(stale_key(user, kind))
    login = {"username": "ada", "password": PASSWORD}
    assert client.post("/accounts/token/login/", login).status_code == 200
    registration = {"username": "eve", "password": NEW_PASSWORD, "email": "eve@example.com"}
    assert client.post("/accounts/users/", registration).status_code == 201
    reset = {"email": "nobody@example.com"}
    assert client.post("/accounts/users/reset_password/", reset).status_code == 204
    # The other routes still need a key that works.
    assert client.get("/accounts/users/me/").status_code == 401


@pytest.mark.parametrize("path", ["/accounts/token/login/", "/accounts/users/"])
def test_the_page_does_not_show_a_posted_password(user: Any, path: str) -> None:
    assert_the_page_hides_a_password(path)


@pytest.mark.parametrize("sent_as", ["json", "multipart"])
@pytest.mark.parametrize("path", ["/accounts/token/login/", "/accounts/users/"])
def test_an_error_report_does_not_show_a_posted_password(db: None, path: str, sent_as: str) -> None:
    assert_an_error_report_hides_a_password(path, sent_as)


@pytest.mark.parametrize("path", ["/accounts/token/login/", "/accounts/users/"])
def test_a_body_that_is_nested_too_deep_is_refused(user: Any, path: str) -> None:
    body = "[" * 100_000 + "]" * 100_000
    assert APIClient().post(path, body, content_type="application/json").status_code == 400


def test_a_login_takes_a_form_where_the_project_parses_json_only(user: Any) -> None:
    body = f"username=ada&password={PASSWORD.replace(' ', '+')}"
    form = {"content_type": "application/x-www-form-urlencoded"}
    with override_settings(REST_FRAMEWORK={"DEFAULT_PARSER_CLASSES": [JSON_PARSER]}):
        response = APIClient().generic("POST", "/accounts/token/login/", body, **form)
    assert response.status_code == 200


class TestTokenModel:
    """``TokenModel`` behaves like the token model, but ``get_or_create`` always makes a token."""

    model: Any = djoser_settings.TOKEN_MODEL

    def test_tokens_are_read_as_with_the_token_model(self, user: Any, other_user: Any) -> None:
        made = get_token_model().objects.create(user=user)
        get_token_model().objects.create(user=other_user)
        assert self.model.objects.get(user=user) == made
        assert self.model.objects.get(pk=made.pk) == made
        assert self.model.objects.count() == len(self.model.objects.all()) == 2
        assert list(self.model.objects.filter(pk=made.pk)) == [made]
        tokens = self.model.objects.filter(user=user)
        assert (tokens.exists(), tokens.count(), tokens.first()) == (True, 1, made)
        with pytest.raises(self.model.DoesNotExist):
            self.model.objects.get(pk=0)

    def test_a_created_token_has_a_key_that_works(self, user: Any) -> None:
        created = self.model.objects.create(user=user, name="phone")
        saved = self.model(user=user)
        saved.save()
        for token in (created, saved):
            assert isinstance(token, self.model)
            assert get_token_model().objects.from_key(token.key) == token
        assert not isinstance(user, self.model)

    def test_get_or_create_takes_defaults(self, user: Any) -> None:
        first, is_new = self.model.objects.get_or_create(user=user, defaults={"name": "phone"})
        second, _ = self.model.objects.get_or_create(user=user, defaults={"name": lambda: "tv"})
        assert (is_new, first.name, second.name) == (True, "phone", "tv")
        assert first.pk != second.pk

    def test_delete_deletes_only_the_filtered_tokens(self, user: Any) -> None:
        get_token_model().objects.create(user=user, name="phone", kind="personal")
        tv = get_token_model().objects.create(user=user, name="tv")
        assert self.model.objects.filter(user=user).filter(name="phone").delete()[0] == 1
        assert list(get_token_model().objects.all()) == [tv]
        assert self.model.objects.filter(pk=tv.pk).delete()[0] == 1
        assert not get_token_model().objects.exists()


@pytest.mark.usefixtures("prefers_another_renderer")
def test_all_routes_answer_json(user: Any) -> None:
    answer = log_in()
    assert answer.status_code == 200
    client = client_with(answer.json()["auth_token"])
    assert client.post("/accounts/token/logout/").status_code == 204
    assert client.post("/accounts/token/logout/").json() == {"detail": "Invalid token."}


@pytest.mark.usefixtures("has_its_own_json_renderer")
def test_the_projects_own_json_renderer_is_kept(user: Any) -> None:
    assert "authToken" in log_in().json()
