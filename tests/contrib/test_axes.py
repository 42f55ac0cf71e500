"""django-axes. Run twice: with Django's own users, and with users who log in by e-mail address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.auth import authenticate, get_user_model
from django.core.checks import run_checks
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from drf_token_auth import get_token_model
from tests.conftest import PASSWORD
from tests.projects_on_disk import Project

FIELD = get_user_model().USERNAME_FIELD
NAME = "ada@example.com" if FIELD == "email" else "ada"


def log_in(password: str, client: Any = None, field: str = FIELD) -> Any:
    return (client or APIClient()).post("/auth/login/", {field: NAME, "password": password})


def client_with(key: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client


def test_a_locked_out_user_gets_429_and_no_token(user: Any) -> None:
    assert [log_in("wrong").status_code for _ in range(3)] == [400, 400, 429]
    assert log_in(PASSWORD).status_code == 429
    assert not get_token_model().objects.exists()


def test_tries_under_both_field_names_are_counted_together(user: Any) -> None:
    tries = [log_in("wrong", field=field).status_code for field in (FIELD, "username", FIELD)]
    assert tries == [400, 400, 429]
    assert [attempt.username for attempt in AccessAttempt.objects.all()] == [NAME]


def test_the_callable_of_the_page_reads_both_field_names(user: Any, settings: Any) -> None:
    settings.AXES_USERNAME_FORM_FIELD = "email"
    settings.AXES_USERNAME_CALLABLE = "accounts.axes.username"
    assert [log_in("wrong").status_code for _ in range(3)] == [400, 400, 429]
    for name in ("username", "email"):
        request = RequestFactory().post("/")
        assert authenticate(request, **{name: NAME, "password": PASSWORD}) is None
        assert request.axes_locked_out


def test_a_locked_out_user_does_not_lock_out_others(user: Any, other_user: Any) -> None:
    assert [log_in("wrong").status_code for _ in range(3)][-1] == 429
    credentials = {FIELD: getattr(other_user, FIELD), "password": PASSWORD}
    assert APIClient().post("/auth/login/", credentials).status_code == 200


@pytest.mark.urls("tests.urls")
def test_the_admins_login_counts_too(user: Any) -> None:
    answer = {"username": NAME, "password": "wrong"}
    tries = [Client().post("/admin/login/", answer).status_code for _ in range(3)]
    assert tries == [200, 200, 429]
    assert log_in(PASSWORD).status_code == 429


def test_a_good_login_resets_the_count(user: Any) -> None:
    for _ in range(2):
        assert [log_in("wrong").status_code for _ in range(2)] == [400, 400]
        assert log_in(PASSWORD).status_code == 200
        assert not AccessAttempt.objects.exists()


def test_logout_is_logged(user: Any) -> None:
    # axes recognizes a login by its session.
    client = APIClient()
    key = log_in(PASSWORD, client).json()["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    assert client.post("/auth/logout/").status_code == 204
    assert AccessLog.objects.get().logout_time is not None


def test_a_logout_without_a_session_is_not_an_error(user: Any) -> None:
    key = log_in(PASSWORD).json()["token"]
    assert client_with(key).post("/auth/logout/").status_code == 204


def test_a_refused_token_is_no_failed_login(user: Any) -> None:
    assert client_with("nonsense").get("/echo/").status_code == 401
    assert not AccessAttempt.objects.exists()


def test_a_token_works_while_its_user_is_locked_out(user: Any) -> None:
    key = log_in(PASSWORD).json()["token"]
    assert [log_in("wrong").status_code for _ in range(3)][-1] == 429
    assert client_with(key).get("/echo/").status_code == 200


def test_nothing_is_wrong_with_these_settings() -> None:
    assert [message for message in run_checks() if message.id.startswith("drf_token_auth")] == []


AXES = [
    "INSTALLED_APPS += ['axes']",
    "AUTHENTICATION_BACKENDS = [",
    "    'axes.backends.AxesStandaloneBackend', 'django.contrib.auth.backends.ModelBackend'",
    "]",
    "MIDDLEWARE += ['axes.middleware.AxesMiddleware']",
]
BY_NAME = "AXES_LOCKOUT_PARAMETERS = [['username', 'ip_address']]"


def test_a_user_name_that_axes_cannot_read_is_found(tmp_path: Path) -> None:
    said = Project(tmp_path, "base", *AXES, BY_NAME).refuse("check")
    assert "(drf_token_auth.E013)" in said
    assert 'AXES_USERNAME_FORM_FIELD = "username"' in said


@pytest.mark.parametrize(
    ("variant", "lines"),
    [
        ("default_user", [BY_NAME]),
        ("base", [BY_NAME, "AXES_USERNAME_FORM_FIELD = 'username'"]),
        ("base", [BY_NAME, "AXES_USERNAME_CALLABLE = 'axes.helpers.get_client_username'"]),
        ("base", [BY_NAME, "AXES_ENABLED = False"]),
        # If axes counts by address only, it needs no name.
        ("base", ["AXES_LOCKOUT_PARAMETERS = ['ip_address']"]),
        ("base", []),
        # The project has no login of this package.
        ("base", [BY_NAME, "ROOT_URLCONF = 'bare_urls'"]),
    ],
)
def test_settings_with_which_axes_finds_the_name_give_no_message(
    tmp_path: Path, variant: str, lines: list[str]
) -> None:
    (tmp_path / "bare_urls.py").write_text("urlpatterns = []\n")
    Project(tmp_path, variant, *AXES, *lines).assert_no_errors()
