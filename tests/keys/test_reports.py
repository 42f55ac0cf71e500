"""Django's error reports, in mails to ADMINS and on the DEBUG page, never contain a secret.

A report shows the posted data and the local variables of every function in the traceback.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path
from pprint import pformat
from typing import Any

import django
import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError, connection
from django.test import override_settings
from django.urls import resolve
from django.views.debug import ExceptionReporter
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIRequestFactory

import drf_token_auth
from drf_token_auth import get_token_model, keys, operations
from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.serializers import LoginSerializer, TokenRevokeSerializer
from drf_token_auth.views import LoginView, RevokeView
from tests.conftest import make_user
from tests.projects.api.views import EchoView

Token = get_token_model()
PACKAGE = str(Path(drf_token_auth.__file__).parent)
DJANGO = str(Path(django.__file__).parent)
# A report breaks long lines between words, so the password is one word.
PASSWORD = "correct-horse-battery-staple"

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> Any:
    return make_user(password=PASSWORD)


class Down(Exception):
    pass


def report_of(call: Callable[[], Any], request: Any = None) -> str:
    """Return Django's report of the exception. Leave out the frames of the test."""
    try:
        call()
    except (Down, OperationalError) as error:
        trace = error.__traceback__
        assert trace is not None
        # This function and the test's helpers also have the secret in a variable.
        while not trace.tb_frame.f_code.co_filename.startswith((PACKAGE, DJANGO)):
            assert trace.tb_next is not None
            trace = trace.tb_next
        reporter = ExceptionReporter(request, type(error), error, trace, is_email=True)
        report = f"{reporter.get_traceback_html()}{reporter.get_traceback_text()}"
        assert PACKAGE in report
        return report
    pytest.fail("nothing failed")


@pytest.fixture
def fails() -> Any:
    """Let a test make the database fail at statements that begin with a given text."""

    def begin(what: str) -> Any:
        def fail(execute: Any, sql: str, *args: Any) -> Any:
            if sql.lstrip("( ").startswith(what):
                raise OperationalError("down")
            return execute(sql, *args)

        return connection.execute_wrapper(fail)

    return begin


def posted(data: dict[str, Any], form: str) -> Any:
    if form == "urlencoded":
        body = "&".join(f"{name}={value}" for name, value in data.items())
        return APIRequestFactory().post("/", body, content_type="application/x-www-form-urlencoded")
    return APIRequestFactory().post("/", data, format=form)


class OwnRevokeView(RevokeView):
    """A project's subclass. It has the key in a local variable."""

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        key = f"{request.data['token']}"
        Token.objects.count()
        return key


class OwnLoginView(LoginView):
    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        password = f"{request.data['password']}"
        Token.objects.count()
        return password


in_each_form = pytest.mark.parametrize("form", ["json", "multipart", "urlencoded"])


@in_each_form
@pytest.mark.parametrize(
    ("view", "what"),
    [
        (RevokeView, "SELECT"),
        (RevokeView, "DELETE"),
        (OwnRevokeView, "SELECT"),
    ],
)
def test_a_mail_has_no_key_that_was_posted(
    user: Any, view: Any, what: str, form: str, fails: Any
) -> None:
    key = operations.issue(user).key
    request = posted({"token": key}, form)
    with fails(what):
        assert key not in report_of(partial(view.as_view(), request), request)


@in_each_form
@pytest.mark.parametrize(
    ("view", "what"),
    [
        (LoginView, "SELECT"),
        (LoginView, "INSERT"),
        (OwnLoginView, "SELECT"),
    ],
)
def test_a_mail_has_no_password(user: Any, view: Any, what: str, form: str, fails: Any) -> None:
    request = posted({"username": user.get_username(), "password": PASSWORD}, form)
    with fails(what):
        assert PASSWORD not in report_of(partial(view.as_view(), request), request)


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("token/rotate/", "UPDATE"),
        ("logout/", "DELETE"),
        ("logout/all/", "DELETE"),
        ("tokens/", "INSERT"),
    ],
)
@pytest.mark.parametrize("debug", [False, True])
def test_no_report_has_the_key_of_the_header(
    user: Any, path: str, what: str, debug: bool, fails: Any
) -> None:
    key = operations.issue(user).key
    request = APIRequestFactory().post(f"/auth/{path}", HTTP_AUTHORIZATION=f"Token {key}")
    view = resolve(request.path).func
    with override_settings(DEBUG=debug, DRF_TOKEN_AUTH={"LAST_USED_INTERVAL": None}), fails(what):
        assert key not in report_of(partial(view, request), request)


# Text that hides itself


def test_hidden_text_is_text_that_shows_nothing() -> None:
    key = keys.generate("dta_")
    text = keys.hidden(key)
    for shown in (repr(text), f"{text!r}", "%r" % text, pformat({"key": [text]}), ascii(text)):  # noqa: UP031
        assert key not in shown
    assert (text, str(text), f"{text}", hash(text)) == (key, key, key, hash(key))
    assert type(str(text)) is str
    assert pickle.loads(pickle.dumps(text)) == key
    assert repr(keys.hidden(text)) == repr(text)
    assert keys.hidden(None) is None


@pytest.mark.parametrize("data", [{"token": "x y"}, {"token": "x"}])
def test_the_repr_of_validated_data_hides_a_posted_key(data: Any) -> None:
    serializer = TokenRevokeSerializer(data=data)
    assert serializer.is_valid()
    assert serializer.validated_data == data
    assert data["token"] not in repr(serializer.validated_data["token"])


def test_the_repr_of_validated_data_hides_a_posted_password(user: Any) -> None:
    serializer = LoginSerializer(data={"username": user.get_username(), "password": PASSWORD})
    assert serializer.is_valid()
    assert serializer.validated_data["password"] == PASSWORD
    assert PASSWORD not in repr(serializer.validated_data)


class PlainTokens(ExpiringTokenAuthentication):
    """An authenticator with a project's token model. Its lookup gets the key as plain text."""

    seen: list[Any] = []

    def get_model(self) -> Any:
        class Model:
            class DoesNotExist(Exception):
                pass

            objects: Any

            @classmethod
            def get(cls, key: str) -> Any:
                PlainTokens.seen.append(type(key))
                raise cls.DoesNotExist

            @classmethod
            def select_related(cls, *names: str) -> Any:
                return cls

        Model.objects = Model
        return Model


def test_a_model_of_plain_keys_gets_the_key_as_plain_text() -> None:
    with pytest.raises(AuthenticationFailed):
        PlainTokens().authenticate_credentials("abc")
    assert PlainTokens.seen == [str]


def by_header(key: str) -> Any:
    request = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Token {key}")
    return partial(EchoView.as_view(), request)


def awaited(tokens: Any, key: str) -> Any:
    async def ask() -> Any:
        return await tokens.afrom_key(key)

    return async_to_sync(ask)


# With DEBUG, Django hides no local variable: the page shows the repr of each.
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "ask",
    [
        by_header,
        lambda key: partial(ExpiringTokenAuthentication().authenticate_credentials, key),
        lambda key: partial(Token.objects.from_key, key),
        lambda key: partial(Token.objects.filter(name="").from_key, key),
        lambda key: awaited(Token.objects, key),
        lambda key: awaited(Token.objects.filter(name=""), key),
    ],
    ids=["header", "authenticator", "manager", "queryset", "amanager", "aqueryset"],
)
def test_no_report_of_a_lookup_has_the_key(user: Any, ask: Any, debug: bool, fails: Any) -> None:
    key = operations.issue(user).key
    with override_settings(DEBUG=debug), fails("SELECT"):
        assert key not in report_of(ask(key))


@pytest.mark.parametrize("debug", [False, True])
def test_no_report_of_a_change_has_the_new_password(user: Any, debug: bool, fails: Any) -> None:
    change = partial(operations.change_password, user, PASSWORD)
    with override_settings(DEBUG=debug), fails("UPDATE"):
        assert PASSWORD not in report_of(change)
