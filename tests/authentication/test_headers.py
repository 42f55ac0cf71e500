"""Any ``Authorization`` header leads to a user, the next authenticator or 401.

Only a database that is down leads to a 500.
"""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connections
from django.db.utils import load_backend
from django.http import HttpRequest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from drf_token_auth import get_token_model, keys
from drf_token_auth.authentication import BearerTokenAuthentication, ExpiringTokenAuthentication
from tests.conftest import PASSWORD
from tests.header_urls import DoorAuthentication
from tests.queries import queries

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.header_urls")]

Token = get_token_model()

CHALLENGE = 'Token realm="api"'
REFUSAL = 'Token realm="api", error="invalid_token"'


def get(header: str | bytes | None, path: str = "/echo/") -> Any:
    """Send the header. Decode bytes as Latin-1, as a server does. Return the answer."""
    environ: dict[str, Any] = {}
    if header is not None:
        environ["HTTP_AUTHORIZATION"] = (
            header.decode("latin-1") if isinstance(header, bytes) else header
        )
    # An exception in the view is raised here, so the test fails.
    return APIClient().get(path, **environ)


@pytest.fixture
def token(user: Any) -> Any:
    return Token.objects.create(user=user)


# Each of these texts, sent as a key, is refused without a query.
MALFORMED = {
    "nothing": b"",
    "spaces": b"    ",
    "two keys": b"abc def",
    "many": b"a " * 500,
    "not UTF-8": b"\xff\xfe\xfa",
    "half a UTF-8 character": b"abc\xe2\x82",
    "UTF-8": "é한글".encode(),
    "emoji": "😀".encode(),
    "a soft hyphen": b"abc\xad",
    "a no-break space": b"abc\xa0def",
    "NUL": b"\x00",
    "NUL within": b"abc\x00def",
    "an escape": b"\x1b[31mabc",
    "a delete": b"abc\x7f",
    "a byte order mark": b"\xef\xbb\xbfabc",
    "256": b"a" * 256,
    "8 kB": b"a" * 8_192,
    "1 MB": b"a" * 2**20,
    "1 MB of bytes": b"\xff" * 2**20,
    "1 MB of spaces": b" " * 2**20,
    "1 MB of parts": b"a " * 2**19,
    "a wrong checksum": b"dta_" + b"a" * 36,
    "another wrong checksum": b"dta_" + b"0" * 36,
}
# Each of these texts could be a key, so the lookup asks the database.
UNKNOWN = {
    "unknown": keys.generate("dta_").encode(),
    "of DRF's shape": b"9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b",
    "of knox's shape": b"f" * 64,
    "a JWT": b"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "one character": b"a",
    "the prefix": b"dta_",
    "one too short": b"dta_" + b"a" * 35,
    "one too long": b"dta_" + b"a" * 37,
    "SQL": b"'%sOR/**/1=1--",
    "a format": b"%(digest)s{0}",
    "the word None": b"None",
    "the word null": b"null",
    "255": b"a" * 255,
}


@pytest.mark.parametrize("word", [b"Token", b"token", b"TOKEN", b"tOkEn"])
@pytest.mark.parametrize("rest", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_key_is_refused_without_a_query(rest: bytes, word: bytes) -> None:
    with queries() as asked:
        answer = get(word + b" " + rest)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == REFUSAL
    assert answer.data["detail"].code == "invalid_token"
    assert asked == []


@pytest.mark.parametrize("key", UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_key_is_refused_as_an_invalid_token(key: bytes, token: Any) -> None:
    answer = get(b"Token " + key)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == REFUSAL
    assert answer.data["detail"].code == "invalid_token"


def test_unknown_and_malformed_keys_get_the_same_answer() -> None:
    bodies = {get(b"Token " + rest).content for rest in [*MALFORMED.values(), *UNKNOWN.values()]}
    assert len(bodies) == 1


@pytest.mark.parametrize("separator", [" ", "  ", "\t", " \t "], ids=ascii)
@pytest.mark.parametrize("around", ["", " ", "\t"], ids=ascii)
def test_space_between_and_around_does_not_matter(token: Any, separator: str, around: str) -> None:
    answer = get(f"{around}Token{separator}{token.key}{around}")
    assert answer.status_code == 200


@pytest.mark.parametrize("separator", [b"\xa0", b"\x85", b"\x1c", b"\x1f", b"\x00"], ids=ascii)
def test_only_spaces_and_tabs_separate_the_scheme_from_the_key(
    token: Any, separator: bytes
) -> None:
    """Python's ``str.split`` also splits at characters that are not spaces in HTTP."""
    key = token.key.encode()
    for header in (
        b"Token" + separator + key,
        b"Token " + separator + key,
        b"Token " + key + separator,
        separator + b"Token " + key,
    ):
        assert get(header).status_code == 401, header


class TestNoCredentials:
    @pytest.mark.parametrize(
        "header",
        [None, b"", b" ", b"Basic", b"Basic YTpi", b"Digest a", b"Bearer abc", b"Tok en", b"\xff"],
        ids=ascii,
    )
    def test_an_unknown_header_is_left_to_others(self, header: bytes | None) -> None:
        answer = get(header)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == CHALLENGE
        assert answer.data["detail"].code == "not_authenticated"

    def test_a_key_without_a_scheme_is_not_read(self, token: Any) -> None:
        for header in (token.key, f"Token{token.key}", f"Token:{token.key}", f"Token={token.key}"):
            answer = get(header)
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, CHALLENGE)


class TestTheNextAuthenticator:
    @pytest.fixture(autouse=True)
    def _nothing_seen(self) -> Iterator[None]:
        DoorAuthentication.seen.clear()
        yield
        DoorAuthentication.seen.clear()

    @pytest.mark.parametrize(
        "header",
        [
            b"",
            b" ",
            b"Basic YTpi",
            b"Bearer abc",
            b"Tokens abc",
            b"Toke abc",
            b"\xffToken abc",
            b"\x00",
            "😀 abc".encode(),
            b"a" * 2**20,
        ],
        ids=lambda header: ascii(header[:16]),
    )
    def test_another_scheme_is_left_to_the_next_authenticator(self, header: bytes) -> None:
        assert get(header, "/token-then-door/").status_code == 200
        assert DoorAuthentication.seen == [header.decode("latin-1")]

    @pytest.mark.parametrize("rest", MALFORMED.values(), ids=MALFORMED)
    def test_a_wrong_key_of_ours_is_refused_here(self, rest: bytes) -> None:
        assert get(b"Token " + rest, "/token-then-door/").status_code == 401
        assert DoorAuthentication.seen == []

    def test_basic_authentication_works_beside_ours(self, user: Any, token: Any) -> None:
        basic = base64.b64encode(f"{user.get_username()}:{PASSWORD}".encode()).decode()
        for header in (f"Basic {basic}", f"Token {token.key}"):
            answer = get(header, "/token-then-basic/")
            assert answer.json() == {"user": user.get_username()}
        refused = get("Basic !", "/token-then-basic/")
        # The challenge comes from the first authenticator, which got no credentials.
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, CHALLENGE)

    @pytest.mark.parametrize("path", ["/token-then-bearer/", "/bearer-then-token/"])
    @pytest.mark.parametrize("word", ["Token", "Bearer"])
    def test_the_authenticator_of_each_word_accepts_and_challenges(
        self, user: Any, token: Any, path: str, word: str
    ) -> None:
        assert get(f"{word} {token.key}", path).json() == {"user": user.get_username()}
        refused = get(f"{word} nonsense", path)
        assert refused.status_code == 401
        challenge = refused.headers["WWW-Authenticate"]
        assert challenge == f'{word} realm="api", error="invalid_token"'


class TestReasons:
    def refused(self, key: str) -> Any:
        answer = get(f"Token {key}")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == REFUSAL
        assert answer.headers["WWW-Authenticate"].isascii()
        return answer.data["detail"]

    def test_the_key_of_an_expired_token_is_refused(self, token: Any) -> None:
        Token.objects.update(expires_at=timezone.now())
        assert self.refused(token.key).code == "token_expired"

    def test_only_the_holder_of_the_key_learns_of_the_expiry(self, token: Any) -> None:
        Token.objects.update(expires_at=timezone.now())
        wrong = token.key[:-1] + ("a" if token.key[-1] != "a" else "b")
        assert self.refused(wrong).code == "invalid_token"
        assert self.refused(token.hint).code == "invalid_token"

    def test_the_key_of_an_inactive_user_is_refused(self, token: Any) -> None:
        get_user_model().objects.update(is_active=False)
        assert self.refused(token.key).code == "user_inactive"

    def test_the_key_of_a_revoked_token_is_refused_like_an_unknown_key(self, token: Any) -> None:
        text = self.refused("dta_" + "0" * 36)
        Token.objects.all().delete()
        detail = self.refused(token.key)
        assert (detail.code, detail) == ("invalid_token", text)

    def test_the_exception_has_the_code_and_the_status(self, token: Any) -> None:
        Token.objects.update(expires_at=timezone.now())
        with pytest.raises(AuthenticationFailed) as refused:
            ExpiringTokenAuthentication().authenticate_credentials(token.key)
        assert refused.value.get_codes() == "token_expired"
        assert refused.value.status_code == 401

    @pytest.mark.parametrize("language", ["ko", "de", "ja"])
    def test_the_header_is_ascii_in_any_language(self, language: str) -> None:
        answer = APIClient().get(
            "/echo/", HTTP_AUTHORIZATION="Token nonsense", HTTP_ACCEPT_LANGUAGE=language
        )
        assert answer.headers["WWW-Authenticate"] == REFUSAL

    def test_no_answer_repeats_the_header(self) -> None:
        for rest in ("<script>alert(1)</script>", "two <b>parts</b>", "x\r\nSet-Cookie: a=b"):
            answer = get(f"Token {rest}")
            assert answer.status_code == 401
            assert rest.split()[0] not in answer.content.decode() + str(answer.headers)
            assert "Set-Cookie" not in answer.headers


class TestAPlainRequestOfDjango:
    def request(self, header: Any) -> HttpRequest:
        request = HttpRequest()
        if header is not None:
            request.META["HTTP_AUTHORIZATION"] = header
        return request

    @pytest.mark.parametrize("cls", [ExpiringTokenAuthentication, BearerTokenAuthentication])
    @pytest.mark.parametrize("as_bytes", [False, True])
    def test_a_key_is_accepted_as_text_and_as_bytes(
        self, user: Any, token: Any, cls: Any, as_bytes: bool
    ) -> None:
        header: Any = f"{cls.keyword} {token.key}"
        if as_bytes:
            header = header.encode()
        request = self.request(header)
        assert cls().authenticate(request) == (user, token)
        assert cls().authenticate_header(request).startswith(cls.keyword)

    @pytest.mark.parametrize("header", [None, "", b"", "Basic YTpi"])
    def test_a_request_without_a_key_has_no_user(self, header: Any) -> None:
        request = self.request(header)
        assert ExpiringTokenAuthentication().authenticate(request) is None
        assert ExpiringTokenAuthentication().authenticate_header(request) == CHALLENGE

    @pytest.mark.parametrize("header", ["Token 😀", "Token \ud800", b"Token \xff", "Token \u0130"])
    def test_a_header_that_no_server_passes_on_is_refused(self, header: Any) -> None:
        with pytest.raises(AuthenticationFailed):
            ExpiringTokenAuthentication().authenticate(self.request(header))

    def test_a_scheme_that_resembles_ours_is_ignored(self) -> None:
        for header in ("Tök abc", "😀 abc", "\ud800 abc"):
            assert ExpiringTokenAuthentication().authenticate(self.request(header)) is None

    def test_a_request_of_drf_has_the_user_and_the_token(self, user: Any, token: Any) -> None:
        django_request = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Token {token.key}")
        request = Request(django_request, authenticators=[ExpiringTokenAuthentication()])
        assert (request.user, request.auth) == (user, token)


# Some parts of these texts are random. The other parts have a meaning in a header.
NEAR = st.sampled_from(
    ["Token", "token", "Bearer", " ", "  ", "\t", "\x00", "dta_", "a" * 36, "0" * 36, "\xff", "é"]
)
TEXT = st.one_of(
    st.text(st.characters(max_codepoint=255), max_size=300),
    st.text(max_size=60),
    st.lists(st.one_of(NEAR, st.text(max_size=5)), max_size=8).map("".join),
    st.text(max_size=60).map("Token ".__add__),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=300).map("Token ".__add__),
)


class TestAnyText:
    @given(TEXT)
    def test_a_request_with_any_text_as_its_header_is_refused(self, header: str) -> None:
        answer = get(header)
        assert answer.status_code == 401
        assert (answer.data["detail"].code, answer.headers["WWW-Authenticate"]) in {
            ("not_authenticated", CHALLENGE),
            ("invalid_token", REFUSAL),
        }

    @given(st.binary(max_size=300))
    def test_any_bytes(self, rest: bytes) -> None:
        answer = get(b"Token " + rest)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == REFUSAL

    @given(TEXT)
    def test_no_text_is_mistaken_for_a_key(self, key: str) -> None:
        with pytest.raises(AuthenticationFailed):
            ExpiringTokenAuthentication().authenticate_credentials(key)
        assert Token.objects.from_key(key) is None

    @given(TEXT)
    def test_no_text_around_the_scheme_is_mistaken_for_a_key(self, noise: str) -> None:
        # No key is stored, so any text that is accepted is mistaken for a key.
        for header in (f"Token {noise}", f"{noise} Token", f"Token\x00{noise}"):
            assert get(header).status_code == 401


class TestOverRealHttp:
    """Send the header as bytes on a socket, because client libraries refuse some of these bytes."""

    pytestmark = pytest.mark.django_db(transaction=True)

    def send(self, address: str, header: bytes) -> tuple[int, str]:
        where = urlsplit(address)
        with closing(socket.create_connection((where.hostname, where.port), timeout=60)) as line:
            line.sendall(
                b"GET /echo/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                b"Authorization: " + header + b"\r\n\r\n"
            )
            with line.makefile("rb") as file:
                status = int(file.readline().split()[1])
                head = [one.decode("latin-1") for one in iter(file.readline, b"\r\n") if one]
        challenge = [one for one in head if one.lower().startswith("www-authenticate:")]
        return status, challenge[0].partition(":")[2].strip() if challenge else ""

    def test_a_usable_key_is_accepted_and_malformed_keys_are_refused(
        self, live_server: Any, user: Any
    ) -> None:
        token = Token.objects.create(user=user)
        good = f"Token {token.key}".encode()
        assert self.send(live_server.url, good) == (200, "")
        for name, rest in MALFORMED.items():
            # The server itself refuses lines over 64 kB.
            if len(rest) < 2**16:
                status, challenge = self.send(live_server.url, b"Token " + rest)
                assert (status, challenge) == (401, REFUSAL), name
        assert self.send(live_server.url, b"") == (401, CHALLENGE)
        assert self.send(live_server.url, good) == (200, "")


class DownRouter:
    """Send every query of tokens to a database that is down."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "down" if model is Token else None

    db_for_write = db_for_read


class TestADatabaseThatIsDown:
    @pytest.fixture
    def down(self, settings: Any, tmp_path: Path, db: None) -> Iterator[None]:
        nowhere = {
            **connections.settings["default"],
            "HOST": "127.0.0.1",
            "PORT": "1",
        }
        if nowhere["ENGINE"] == "django.db.backends.sqlite3":
            nowhere["NAME"] = tmp_path / "gone" / "db.sqlite3"
        connections["down"] = load_backend(nowhere["ENGINE"]).DatabaseWrapper(nowhere, "down")
        settings.DATABASE_ROUTERS = ["tests.authentication.test_headers.DownRouter"]
        yield
        del connections["down"]

    @pytest.mark.usefixtures("down")
    @pytest.mark.parametrize("path", ["/echo/", "/auth/token/", "/open/"])
    def test_the_answer_is_not_401(self, path: str) -> None:
        key = keys.generate("dta_")
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        answer = client.get(path)
        assert answer.status_code == 500
        assert "WWW-Authenticate" not in answer.headers
        with pytest.raises(OperationalError):
            get(f"Token {key}")

    @pytest.mark.usefixtures("down")
    @pytest.mark.parametrize("path", ["/auth/logout/", "/auth/logout/all/", "/auth/revoke/"])
    def test_a_database_error_reports_no_success(self, path: str) -> None:
        key = keys.generate("dta_")
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        assert client.post(path, {"token": key}).status_code == 500

    @pytest.mark.usefixtures("down")
    def test_a_login_is_answered_with_500(self, user: Any) -> None:
        client = APIClient(raise_request_exception=False)
        answer = client.post(
            "/auth/login/", {"username": user.get_username(), "password": PASSWORD}
        )
        assert answer.status_code == 500

    @pytest.mark.usefixtures("down")
    def test_a_malformed_key_is_refused_without_a_database(self) -> None:
        assert get("Token dta_" + "a" * 36).status_code == 401
        assert get(None).status_code == 401

    def test_the_same_key_works_when_the_database_is_back(self, request: Any, token: Any) -> None:
        header = f"Token {token.key}"
        assert get(header).status_code == 200
        request.getfixturevalue("down")
        with pytest.raises(OperationalError):
            get(header)
        request.getfixturevalue("settings").DATABASE_ROUTERS = []
        assert get(header).status_code == 200
