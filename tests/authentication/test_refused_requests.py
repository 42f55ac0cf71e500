"""While DEBUG is on, a warning says why a request was refused. It never shows a key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, keys, operations
from drf_token_auth.authentication import BearerTokenAuthentication, ExpiringTokenAuthentication
from tests.conftest import make_user
from tests.life_urls import OkView
from tests.lives import only

Token = get_token_model()
pytestmark = pytest.mark.django_db


class ProtectedView(OkView):
    permission_classes = (IsAuthenticated,)


class KeywordList(ExpiringTokenAuthentication):
    keyword = ["Token", "Bearer"]


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level("DEBUG", "drf_token_auth")

    def said(level: str = "WARNING") -> list[str]:
        lines = [one for one in caplog.records if one.name == "drf_token_auth"]
        return [one.getMessage() for one in lines if one.levelname == level]

    return said


def typo(key: str) -> str:
    return key[:-1] + ("a" if key[-1] != "a" else "b")


# For each mistake: a function from a token to the header, and words of the warning.
MISTAKES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "double quotes": (lambda t: f'Token "{t.key}"', "quotes"),
    "single quotes": (lambda t: f"Token '{t.key}'", "quotes"),
    "curly quotes": (lambda t: f"Token \u201c{t.key}\u201d".encode(), "quotes"),
    "a quote left open": (lambda t: f'Token {t.key}"', "quotes"),
    "curly quotes in a test": (lambda t: f"Token \u201c{t.key}\u201d", "quotes"),
    "a comma": (lambda t: f"Token {t.key},", "right before or after the key"),
    "angle brackets": (lambda t: f"Token <{t.key}>", "right before or after the key"),
    "a parameter": (lambda t: f"Token key={t.key}", "right before or after the key"),
    "an encoded line end": (lambda t: f"Token {t.key}%0A", "right before or after the key"),
    "half a key": (lambda t: f"Token {t.key[:20]}", "not copied in full"),
    "no prefix": (lambda t: f"Token {t.key[4:]}", "lacks its beginning, dta_"),
    "undefined": (lambda t: "Token undefined", "its variable is empty"),
    "None": (lambda t: "Token None", "its variable is empty"),
    "a variable of the shell": (lambda t: "Token $TOKEN", "its variable is empty"),
    "a template": (lambda t: "Token {token}", "its variable is empty"),
    "all in quotes": (lambda t: f'"Token {t.key}"', "quotes"),
    "a colon": (lambda t: f"Token: {t.key}", "colon"),
    "a colon and no space": (lambda t: f"Token:{t.key}", "colon"),
    "the name of the header": (lambda t: f"Authorization: Token {t.key}", "the name of the header"),
    "no space": (lambda t: f"Token{t.key}", "word and space before the key"),
    "the bare key": (lambda t: t.key, "word and space before the key"),
    "Bearer": (lambda t: f"Bearer {t.key}", 'the word "Bearer". Write "Token <key>"'),
    "JWT": (lambda t: f"JWT {t.key}", 'the word "JWT"'),
    "another word": (lambda t: f"Sesame {t.key}", "another word"),
    "the word alone": (lambda t: "Token", "The key is missing"),
    "three parts": (lambda t: f"Token {t.key} {t.key}", "too many parts"),
    "the label": (lambda t: f"Token {t}".encode(), "the printed label"),
    "a short label": (lambda t: "Token aB3d…".encode(), "the printed label"),
    "too long": (lambda t: f"Token {'a' * 256}", "longer than 255 characters"),
    "no key": (lambda t: "Token ké".encode(), "characters that no key has"),
    "a typing error": (lambda t: f"Token {typo(t.key)}", "checksum"),
    "a placeholder of another page": (lambda t: "Token YOUR_TOKEN_HERE", "placeholder"),
    "a key of knox": (lambda t: "Token " + "a1" * 32, "import_tokens knox"),
    "the placeholder of a page": (lambda t: "Token dta_YOUR_KEY", "placeholder"),
    "the word twice": (lambda t: f"Token Token {t.key}", "has the word before the key twice"),
    "the id": (lambda t: "Token 41", "id of a token"),
    "a JWT": (lambda t: "Token eyJhbGciOiJub25lIn0.e30.c2ln", "This is a JWT"),
    "a key of authtoken": (lambda t: f"Token {'9944b' * 8}", "import_tokens authtoken"),
    "unknown": (lambda t: f"Token {Token.generate_key()}", "No token has this key"),
    "nothing": (lambda t: None, "WSGIPassAuthorization"),
    "Basic": (lambda t: "Basic YTpi", 'the word "Basic"'),
}


def answer(header: Any, view: Any = ProtectedView, *authenticators: Any) -> Any:
    client = APIClient()
    if header is not None:
        client.credentials(HTTP_AUTHORIZATION=header)
    classes = authenticators or (ExpiringTokenAuthentication,)
    with only(view.as_view(authentication_classes=classes)):
        return client.get("/")


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(("header", "words"), MISTAKES.values(), ids=MISTAKES)
def test_one_warning_names_the_mistake(
    user: Any, settings: Any, warnings: Any, header: Any, words: str, debug: bool
) -> None:
    settings.DEBUG = debug
    token = Token.objects.create(user=user)
    assert answer(header(token)).status_code == 401
    if debug:
        [warning] = warnings()
        assert words in warning
        assert warning.startswith("Refused /: ")
    else:
        assert warnings() == []
    for line in (*warnings(), *warnings("DEBUG")):
        assert token.key[4:12] not in line


def test_an_expired_key_of_another_package_is_not_called_unknown(
    user: Any, settings: Any, warnings: Any
) -> None:
    settings.DEBUG = True
    key = "9944b" * 8
    Token.objects.create(user=user, key=key, expires_at=timezone.now() - timedelta(days=1))
    assert answer(f"Token {key}").status_code == 401
    [warning] = warnings()
    assert "has expired" in warning


def test_a_key_without_a_request_is_explained_too(db: None, settings: Any, warnings: Any) -> None:
    settings.DEBUG = True
    with pytest.raises(AuthenticationFailed):
        ExpiringTokenAuthentication().authenticate_credentials("41")
    [warning] = warnings()
    assert warning.startswith("Refused a key: This is a number")


def test_a_path_forges_no_line_of_the_log(settings: Any, warnings: Any) -> None:
    settings.DEBUG = True
    client = APIClient(headers={"authorization": "Token unknown"})
    assert client.get("/auth/tokens/1%0AWARNING forged/").status_code == 401
    [warning] = warnings()
    assert warning.startswith("Refused /auth/tokens/1\\nWARNING forged/: ")


@pytest.mark.parametrize(
    ("content_type", "debug", "is_named"),
    [
        ("application/x-www-form-urlencoded", True, True),
        ("application/x-www-form-urlencoded", False, False),
        ("application/json", True, False),
    ],
)
def test_json_sent_as_a_form_is_named_while_debug_is_on(
    settings: Any, warnings: Any, content_type: str, debug: bool, is_named: bool
) -> None:
    settings.DEBUG = debug
    body = '{"username": "ada", "password": ""}'
    answered = APIClient().post("/auth/login/", body, content_type=content_type)
    assert answered.status_code == 400
    said = [one for one in warnings() if "The body is JSON" in one]
    assert bool(said) is is_named
    assert "ada" not in "".join(said)


@pytest.mark.parametrize(
    ("place", "extra"),
    [
        ("the query string", lambda key: {"path": f"/?token={key}"}),
        ("the header X-Auth-Token", lambda key: {"HTTP_X_AUTH_TOKEN": key}),
        ("the header Token", lambda key: {"HTTP_TOKEN": key}),
        ("the header Authentication", lambda key: {"HTTP_AUTHENTICATION": f"Token {key}"}),
        ("a cookie", lambda key: {"HTTP_COOKIE": f"theme=dark; token={key}"}),
    ],
)
def test_a_key_in_another_place_is_named_and_not_shown(
    user: Any, settings: Any, warnings: Any, place: str, extra: Any
) -> None:
    settings.DEBUG = True
    key = Token.objects.create(user=user).key
    with only(ProtectedView.as_view(authentication_classes=[ExpiringTokenAuthentication])):
        assert APIClient().get(**{"path": "/", **extra(key)}).status_code == 401
    [warning] = [one for one in warnings() if one.startswith("Refused")]
    assert f"The key is in {place}. Send the header" in warning
    assert key not in warning


def test_a_key_in_the_environment_of_the_server_is_no_header(
    user: Any, settings: Any, warnings: Any
) -> None:
    """The environment of runserver is in META too."""
    settings.DEBUG = True
    key = Token.objects.create(user=user).key
    with only(ProtectedView.as_view(authentication_classes=[ExpiringTokenAuthentication])):
        headers = {"API_TOKEN": key, "HTTP_ACCEPT_LANGUAGE": "ko"}
        assert APIClient().get("/", **headers).status_code == 401
    [warning] = [one for one in warnings() if one.startswith("Refused")]
    assert "No Authorization header arrived" in warning


@pytest.mark.parametrize("name", ["AUTHORIZATION", "Authorization"])
def test_a_test_that_forgot_the_http_prefix_is_told_the_right_name(
    user: Any, settings: Any, warnings: Any, name: str
) -> None:
    settings.DEBUG = True
    key = Token.objects.create(user=user).key
    with only(ProtectedView.as_view(authentication_classes=[ExpiringTokenAuthentication])):
        assert APIClient().get("/", **{name: f"Token {key}"}).status_code == 401
    [warning] = [one for one in warnings() if one.startswith("Refused")]
    assert 'Write HTTP_AUTHORIZATION="Token <key>"' in warning


def test_a_session_that_no_class_reads_is_named(user: Any, settings: Any, warnings: Any) -> None:
    settings.DEBUG = True
    client = APIClient()
    client.force_login(user)
    with only(ProtectedView.as_view(authentication_classes=[ExpiringTokenAuthentication])):
        assert client.get("/").status_code == 401
    [warning] = [one for one in warnings() if one.startswith("Refused")]
    assert "add SessionAuthentication" in warning
    assert "act_as(client, user)" in warning


def ended_by(way: str) -> str:
    user = make_user("bob")
    token = operations.issue(user)
    key = token.key
    if way == "expired":
        Token.objects.filter(pk=token.pk).update(expires_at=token.created_at)
    elif way == "revoked":
        operations.revoke(token)
    elif way == "inactive":
        type(user).objects.filter(pk=user.pk).update(is_active=False)
    elif way == "password":
        type(user).objects.filter(pk=user.pk).update(password="another")
    else:
        operations.rotate(token)
        Token.objects.update(previous_until=token.created_at - timedelta(days=1))
    return key


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("expired", "has expired"),
        ("revoked", "Its token was revoked"),
        ("inactive", "inactive"),
        ("password", "password has changed"),
        ("rotated", "replaced by a rotation"),
    ],
)
def test_the_warning_says_why_a_former_key_is_refused(
    settings: Any, warnings: Any, way: str, words: str
) -> None:
    settings.DEBUG = True
    key = ended_by(way)
    assert answer(f"Token {key}").status_code == 401
    [warning] = [one for one in warnings() if one.startswith("Refused")]
    assert words in warning
    assert key[4:12] not in "".join(warnings() + warnings("DEBUG"))


@pytest.mark.parametrize(
    "authenticators",
    [
        (ExpiringTokenAuthentication, BearerTokenAuthentication),
        (BearerTokenAuthentication, ExpiringTokenAuthentication),
        (KeywordList,),
        (SessionAuthentication, KeywordList),
    ],
)
@pytest.mark.parametrize("word", ["Token", "Bearer"])
def test_a_keyword_of_another_authenticator_is_not_a_mistake(
    user: Any, settings: Any, warnings: Any, authenticators: Any, word: str
) -> None:
    settings.DEBUG = True
    token = Token.objects.create(user=user)
    assert answer(f"{word} {token.key}", ProtectedView, *authenticators).status_code == 200
    assert warnings() == []


def test_a_wrong_basic_password_is_not_a_wrong_header(
    db: None, settings: Any, warnings: Any
) -> None:
    settings.DEBUG = True
    classes = (ExpiringTokenAuthentication, BasicAuthentication)
    assert answer("Basic YTpi", ProtectedView, *classes).status_code == 401
    assert warnings() == []


def test_a_request_that_needs_no_user_is_not_a_mistake(
    db: None, settings: Any, warnings: Any
) -> None:
    settings.DEBUG = True

    class OpenView(OkView):
        permission_classes = ()

    assert answer(None, OpenView).status_code == 200
    assert answer("Sesame open", OpenView).status_code == 200
    assert warnings() == []


def test_a_session_in_front_does_not_hide_the_mistake(
    user: Any, settings: Any, warnings: Any
) -> None:
    """SessionAuthentication comes first, so the answer is a 403, which does not mention tokens."""
    settings.DEBUG = True
    token = Token.objects.create(user=user)
    classes = (SessionAuthentication, ExpiringTokenAuthentication)
    assert answer(f"Bearer {token.key}", ProtectedView, *classes).status_code == 403
    assert "Bearer" in warnings()[0]


def test_a_session_class_does_not_hide_a_missing_header(settings: Any, warnings: Any) -> None:
    settings.DEBUG = True
    classes = (ExpiringTokenAuthentication, SessionAuthentication)
    assert answer(None, ProtectedView, *classes).status_code == 401
    assert "No Authorization header arrived" in warnings()[0]


# Several keywords, other headers, requests without DRF


@pytest.mark.parametrize("word", ["Token", "bearer"])
def test_a_class_accepts_each_keyword_of_its_list(user: Any, word: str) -> None:
    token = Token.objects.create(user=user)
    assert answer(f"{word} {token.key}", ProtectedView, KeywordList).status_code == 200
    refused = answer(f"{word} x", ProtectedView, KeywordList)
    assert refused.status_code == 401
    expected = f'{word.title()} realm="api", error="invalid_token"'
    assert refused["WWW-Authenticate"] == expected
    bare = answer(None, ProtectedView, KeywordList)
    assert bare["WWW-Authenticate"] == 'Token realm="api"'


class HeaderAuthentication(ExpiringTokenAuthentication):
    keyword = "X-Api-Key"

    def get_credentials(self, request: Any) -> tuple[str, str]:
        key = request.META.get("HTTP_X_API_KEY", "")
        return (self.keywords[0], key) if key else ("", "")


def test_a_class_can_read_another_header(user: Any, settings: Any) -> None:
    settings.DRF_TOKEN_AUTH = {"FAILED_KEY_RATE": "2/day"}
    key = Token.objects.create(user=user).key
    with only(ProtectedView.as_view(authentication_classes=[HeaderAuthentication])):
        assert APIClient(HTTP_X_API_KEY=key).get("/").status_code == 200
        assert APIClient(HTTP_AUTHORIZATION=f"Token {key}").get("/").status_code == 401
        found = [APIClient(HTTP_X_API_KEY="nonsense").get("/") for _ in range(3)]
    assert [one.status_code for one in found] == [401, 401, 429]
    assert found[0]["WWW-Authenticate"] == 'X-Api-Key realm="api", error="invalid_token"'


@pytest.mark.parametrize("kind", [str, str.encode, keys.hidden])
def test_a_key_is_accepted_as_text_as_bytes_and_as_a_hidden_key(user: Any, kind: Any) -> None:
    token = Token.objects.create(user=user)
    found = ExpiringTokenAuthentication().authenticate_credentials(kind(token.key))
    assert found == (user, token)


def test_a_plain_request_of_django_is_enough(user: Any, settings: Any, warnings: Any) -> None:
    settings.DEBUG = True
    settings.DRF_TOKEN_AUTH = {"FAILED_KEY_RATE": "9/day"}
    token = Token.objects.create(user=user)
    authenticator = ExpiringTokenAuthentication()
    request = RequestFactory().get("/", HTTP_AUTHORIZATION=f"Token {token.key}")
    assert authenticator.authenticate(request) == (user, token)
    request = RequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {token.key}")
    assert authenticator.authenticate(request) is None
    assert authenticator.authenticate_header(request) == 'Token realm="api"'
    assert len(warnings()) == 1
