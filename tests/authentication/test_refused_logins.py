"""While DEBUG is on, a warning says why a login was refused. It never shows the password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import BaseBackend
from rest_framework import serializers
from rest_framework.test import APIClient

from drf_token_auth.logs import refused_logins
from drf_token_auth.serializers import TokenLoginSerializer
from drf_token_auth.views import LoginView
from tests.lives import only

User = get_user_model()
OWN = User.USERNAME_FIELD
PASSWORD = "a password of the test"
pytestmark = pytest.mark.django_db


@pytest.fixture
def said(settings: Any, caplog: pytest.LogCaptureFixture) -> Callable[..., list[str]]:
    settings.DEBUG = True
    settings.DRF_TOKEN_AUTH = {"LOGIN_RATES": None}

    def said(body: Any, status: int = 400, **kwargs: Any) -> list[str]:
        answer = APIClient().post("/auth/login/", body, **{"format": "json", **kwargs})
        assert answer.status_code == status, answer.content
        found = [one.getMessage() for one in caplog.records if one.name == "drf_token_auth"]
        assert PASSWORD not in "".join(found)
        return [one for one in found if one.startswith("Refused ")]

    return said


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "The body is empty."),
        ([1], "The body must be an object"),
        ("ada", "The body must be an object"),
        (5, "The body must be an object"),
        (False, "The body must be an object"),
        ({"user": "ada", "pass": PASSWORD}, "The body has no {own} and no password."),
        ({"password": PASSWORD}, "The body has no {own}."),
        (
            {"refresh": "eyJ"},
            "The body has refresh, but this package has no refresh tokens.",
        ),
        ({"username": "nobody", "password": PASSWORD}, "No user in this database has this {own}."),
    ],
)
def test_the_warning_says_what_is_wrong_in_the_body(said: Any, body: Any, words: str) -> None:
    [warning] = said(body)
    assert words.format(own=OWN) in warning


def test_a_password_in_the_query_string_is_named(said: Any) -> None:
    [warning] = said(None, QUERY_STRING=f"username=ada&password={PASSWORD}")
    assert "The body is empty. Send" in warning
    assert "not in the address" in warning


def no_change(user: Any) -> None: ...


def inactive(user: Any) -> None:
    user.is_active = False


def without_password(user: Any) -> None:
    user.set_unusable_password()


def plain_text(user: Any) -> None:
    user.password = PASSWORD


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (no_change, "The password is wrong."),
        (inactive, "The user is inactive. Set is_active"),
        (without_password, "The user has no password. Call user.set_password"),
        (plain_text, "Django cannot read the stored password: it is no hash"),
    ],
)
def test_the_warning_says_what_is_wrong_with_the_user(
    user: Any, said: Any, change: Any, words: str
) -> None:
    change(user)
    user.save()
    [warning] = said({"username": user.get_username(), "password": PASSWORD})
    assert words in warning


class ByMailOnly(BaseBackend):
    """A backend from a tutorial. It never reads ``username``."""

    def authenticate(self, request: Any, email: Any = None, **kwargs: Any) -> Any:
        return get_user_model().objects.filter(email=email).first()


def test_a_backend_that_refuses_a_right_password_is_named(
    user: Any, said: Any, settings: Any
) -> None:
    user.set_password(PASSWORD)
    user.save()
    body = {"username": user.get_username(), "password": PASSWORD}
    assert said(body, 200) == []
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.ByMailOnly"]
    [warning] = said(body)
    assert "A class in AUTHENTICATION_BACKENDS" in warning
    assert "A backend gets the name as username=…" in warning
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.RemoteUserBackend"]
    [_, warning] = said(body)
    assert "Write def authenticate(self, request, username=None, password=None)." in warning


if OWN != "email":

    def test_an_email_address_in_place_of_the_user_name_is_named(user: Any, said: Any) -> None:
        [warning] = said({"username": "ada@example.com", "password": PASSWORD})
        assert "looks like an e-mail address" in warning


class CodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()


class TermsSerializer(TokenLoginSerializer):
    terms = serializers.BooleanField()


@pytest.mark.parametrize("serializer", [CodeSerializer, TermsSerializer])
def test_fields_of_the_project_are_not_explained(
    user: Any, settings: Any, caplog: pytest.LogCaptureFixture, serializer: Any
) -> None:
    settings.DEBUG = True
    with only(LoginView.as_view(serializer_class=serializer)):
        body = {"username": user.get_username(), "password": PASSWORD, "terms": "?"}
        assert APIClient().post("/", body).status_code == 400
    assert [one for one in caplog.records if one.name == "drf_token_auth"] == []


def test_without_debug_neither_the_answer_nor_the_log_has_a_reason(
    user: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.DEBUG = False
    body = {"username": user.get_username(), "password": PASSWORD}
    text = APIClient().post("/auth/login/", body).json()
    assert text == {"non_field_errors": ["Unable to log in with provided credentials."]}
    assert [one for one in caplog.records if one.name == "drf_token_auth"] == []


def test_the_refusal_of_a_text_body_names_its_type(db: None) -> None:
    text = APIClient().post("/auth/login/", "ada", format="json").json()
    assert text == {"non_field_errors": ["Invalid data. Expected a dictionary, but got str."]}


def test_a_user_model_without_passwords_is_no_error() -> None:
    class Badge:
        """A user without a password. The project's backend checks something else."""

        is_active = True

    assert "no password column" in refused_logins._explain_user(Badge(), PASSWORD)
