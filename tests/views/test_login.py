"""Log in: the fields that name an account, a project's own serializers, and failing receivers."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.hashers import make_password
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, operations
from drf_token_auth.serializers import AuthTokenSerializer, LoginSerializer
from drf_token_auth.views import LoginView, LogoutAllView
from tests.conftest import PASSWORD
from tests.lives import client_of, log_in, only, status_of

Token = get_token_model()
FIELD = get_user_model().USERNAME_FIELD
pytestmark = pytest.mark.django_db


def post(path: str = "/auth/login/", **data: Any) -> Any:
    client = APIClient(raise_request_exception=False)
    # json.dumps escapes every special character, so any text can be sent.
    body = json.dumps({"password": PASSWORD, **data})
    return client.post(path, body, content_type="application/json")


class LaggingReplica(ModelBackend):
    """Accept the old password, which has been changed on the primary."""

    def authenticate(self, *args: Any, **kwargs: Any) -> Any:
        found = super().authenticate(*args, **kwargs)
        if found is not None:
            # The new hash belongs to the same password, so the next check succeeds too.
            users = type(found)._base_manager.filter(pk=found.pk)
            users.update(password=make_password(PASSWORD))
        return found


@pytest.mark.parametrize("key", ["non_field_errors", "errors"])
def test_a_password_that_was_changed_is_wrong_even_if_a_replica_lags(
    user: Any, settings: Any, key: str
) -> None:
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.LaggingReplica"]
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NON_FIELD_ERRORS_KEY": key}
    response = post(username=user.get_username())
    assert response.status_code == 400
    assert response.json() == {key: ["Unable to log in with provided credentials."]}
    assert not Token.objects.exists()


# The name


def full_width(name: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "a" <= c <= "z" else c for c in name)


@pytest.mark.parametrize("spell", [full_width, lambda name: unicodedata.normalize("NFD", name)])
@pytest.mark.parametrize("name", ["josé@example.com", "민수@example.com", "ada@example.com"])
def test_a_name_is_normalised_as_by_djangos_own_form(db: None, name: str, spell: Any) -> None:
    get_user_model().objects.create_user(**{FIELD: name, "password": PASSWORD})
    sent = spell(name)
    assert AuthenticationForm(None, {"username": sent, "password": PASSWORD}).is_valid()
    assert post(username=sent).status_code == 200


@pytest.mark.parametrize("nothing", ["", "  ", None])
def test_the_field_with_content_names_the_account(user: Any, nothing: Any) -> None:
    name = user.get_username()
    for data in (
        {FIELD: nothing, "username": name},
        {"username": nothing, FIELD: name},
        {FIELD: "somebody@example.com", "username": name},
    ):
        assert post(**data).status_code == 200
    assert list(post(**{FIELD: nothing, "username": nothing}).json()) == ["username"]
    assert list(post(**{FIELD: nothing}).json()) == [FIELD]
    assert list(post().json()) == [FIELD]


class ByPhone(ModelBackend):
    """A backend may find accounts by a name that is longer than the column."""

    def authenticate(self, request: Any, username: Any = None, **credentials: Any) -> Any:
        name = str(username).removeprefix("x" * 300)
        return super().authenticate(request, username=name, **credentials)


def test_a_name_may_be_longer_than_the_column(user: Any, settings: Any) -> None:
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.ByPhone"]
    name = user.get_username()
    assert post(username="x" * 300 + name).status_code == 200
    too_long = post(username="x" * 3000)
    assert (too_long.status_code, list(too_long.json())) == (400, ["username"])


@pytest.mark.parametrize("name", [True, False, [], {}, ["ada"], "\x00", "\ud800", "a\x00b"])
def test_a_wrong_name_is_a_400(db: None, name: Any) -> None:
    response = post(username=name)
    assert (response.status_code, list(response.json())) == (400, ["username"])


class WithoutTry(ModelBackend):
    """A backend as many projects write it: ``get()`` raises for a name that no user has."""

    def authenticate(
        self, request: Any, username: Any = None, password: Any = None, **kwargs: Any
    ) -> Any:
        user = get_user_model().objects.get(email=username)
        return user if user.check_password(password) else None


def test_a_backend_that_raises_for_an_unknown_name_gives_the_usual_answer(
    user: Any, settings: Any
) -> None:
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.WithoutTry"]
    assert post(username=user.email).status_code == 200
    unknown, wrong = post(username="nobody@example.com"), post(username=user.email, password="x")
    assert (unknown.status_code, unknown.json()) == (400, wrong.json())


# Serializers of a project


class ByMail(ModelBackend):
    def authenticate(
        self, request: Any, username: Any = None, password: Any = None, **kwargs: Any
    ) -> Any:
        user = get_user_model().objects.filter(email=username).first()
        return user if user and user.check_password(password) else None


class MailSerializer(AuthTokenSerializer):
    username = None
    email = serializers.EmailField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["username"] = attrs.get("email")
        return super().validate(attrs)


class DeclaredAnew(AuthTokenSerializer):
    username = serializers.EmailField()


@pytest.mark.parametrize(
    ("serializer", "field"), [(MailSerializer, "email"), (DeclaredAnew, "username")]
)
def test_a_subclass_drops_the_name_or_declares_it_again(
    user: Any, settings: Any, serializer: Any, field: str
) -> None:
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.ByMail"]
    with only(LoginView.as_view(serializer_class=serializer)):
        assert post("/", **{field: user.email}).status_code == 200
        wrong = post("/", **{field: "no address"})
    assert wrong.status_code == 400
    assert wrong.json() == {field: ["Enter a valid email address."]}


class ReturnsTheUser(LoginSerializer):
    def validate(self, attrs: dict[str, Any]) -> Any:
        return super().validate(attrs)["user"]


class OwnThatReturnsTheUser(serializers.Serializer[Any]):
    username = serializers.CharField()
    password = serializers.CharField()

    def validate(self, attrs: dict[str, Any]) -> Any:
        return authenticate(**attrs)


class ForgetsTheUser(LoginSerializer):
    def validate(self, attrs: dict[str, Any]) -> Any:
        super().validate(attrs)
        return {"name": "x"}


@pytest.mark.parametrize("serializer", [ReturnsTheUser, OwnThatReturnsTheUser, ForgetsTheUser])
def test_a_serializer_without_the_user_says_what_to_write(user: Any, serializer: Any) -> None:
    view = LoginView.as_view(serializer_class=serializer)
    with only(view), pytest.raises(ImproperlyConfigured) as caught:
        APIClient().post("/", {"username": user.get_username(), "password": PASSWORD})
    assert serializer.__name__ in str(caught.value)
    assert 'validated_data["user"]' in str(caught.value)
    assert 'attrs["user"] = user' in str(caught.value)


# Receivers that fail


def fail(**kwargs: Any) -> None:
    raise RuntimeError("the receiver fails")


@pytest.fixture
def failing_receivers() -> Iterator[None]:
    user_logged_in.connect(fail)
    user_logged_out.connect(fail)
    yield
    user_logged_in.disconnect(fail)
    user_logged_out.disconnect(fail)


@pytest.mark.usefixtures("failing_receivers")
def test_a_login_whose_receiver_fails_leaves_no_token(user: Any, settings: Any) -> None:
    settings.DRF_TOKEN_AUTH = {"MAX_TOKENS_PER_USER": 2}
    phone = operations.issue(user)
    client = APIClient(raise_request_exception=False)
    assert [log_in(user, client).status_code for _ in range(3)] == [500] * 3
    assert list(Token.objects.all()) == [phone]
    assert status_of(phone) == 200


def test_a_receiver_that_revokes_the_new_token_is_named(user: Any) -> None:
    """The key of the answer would not work, and the other devices would be logged out."""
    phone = operations.issue(user)

    def end_other_logins(**kwargs: Any) -> None:
        Token.objects.filter(user=user).delete()

    user_logged_in.connect(end_other_logins)
    try:
        with pytest.raises(ImproperlyConfigured, match="MAX_TOKENS_PER_USER"):
            log_in(user, APIClient())
    finally:
        user_logged_in.disconnect(end_other_logins)
    assert status_of(phone) == 200


@pytest.mark.usefixtures("failing_receivers")
@pytest.mark.parametrize("path", ["logout/", "logout/all/", "logout/others/"])
def test_a_logout_with_a_failing_receiver_still_revokes_the_token(
    user: Any, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    token, other = (operations.issue(user) for _ in range(2))
    assert client_of(token).post(f"/auth/{path}").status_code == 204
    left = {"logout/": [other], "logout/all/": [], "logout/others/": [token]}
    assert list(Token.objects.all()) == left[path]
    assert ("the receiver fails" in caplog.text) is (path != "logout/others/")


def test_receivers_of_the_user_model_hear_of_the_logout_of_a_session(user: Any) -> None:
    heard: list[Any] = []

    def hear(**said: Any) -> None:
        heard.append(said["user"])

    class SessionLogout(LogoutAllView):
        authentication_classes = [SessionAuthentication]

    client = Client()
    client.force_login(user)
    user_logged_out.connect(hear, sender=type(user))
    try:
        with only(SessionLogout.as_view()):
            assert client.post("/").status_code == 204
    finally:
        user_logged_out.disconnect(hear, sender=type(user))
    assert heard == [user]


# Posted secrets stay hidden

SECRET = "dta_the-secret-that-was-posted-here"
POSTED: dict[str, tuple[str, dict[str, Any]]] = {
    "wrong": ("login", {"username": "ada", "password": SECRET}),
    "no name": ("login", {"password": SECRET}),
    "long name": ("login", {"username": "a" * 999, "password": SECRET}),
    "a list": ("login", {"username": "ada", "password": [SECRET]}),
    "another field": ("login", {"username": "ada", "pasword": SECRET}),
    "a key in a list": ("revoke", {"token": [SECRET]}),
    "a key in an object": ("revoke", {"token": {"key": SECRET}}),
    "a key": ("revoke", {"token": SECRET}),
}


@pytest.mark.parametrize("case", POSTED)
def test_the_page_of_a_browser_does_not_show_what_was_posted(user: Any, case: str) -> None:
    path, data = POSTED[case]
    answer = APIClient(HTTP_ACCEPT="text/html").post(f"/auth/{path}/", data, format="json")
    assert "<html" in answer.content.decode()
    assert SECRET not in answer.content.decode()


@pytest.mark.parametrize("form", ["json", "multipart"])
@pytest.mark.parametrize(
    ("path", "data"),
    [("login", {"username": "ada", "password": SECRET}), ("revoke", {"token": SECRET})],
)
def test_no_variable_of_a_failed_request_shows_what_was_posted(
    db: None, path: str, data: Any, form: str
) -> None:
    """Error collectors send the repr of all local variables, also those of DRF."""

    class Down(Exception):
        pass

    def down(*args: Any) -> None:
        raise Down

    client = APIClient(raise_request_exception=False)
    with connection.execute_wrapper(down):
        answer = client.post(f"/auth/{path}/", data, format=form)
    assert answer.status_code == 500
    trace = answer.exc_info[2]
    shown = []
    while trace:
        code = trace.tb_frame.f_code
        for name, value in trace.tb_frame.f_locals.items():
            if SECRET in repr(value):
                shown.append((code.co_filename, code.co_name, name))
        trace = trace.tb_next
    assert shown == []
