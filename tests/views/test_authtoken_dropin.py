"""Code for ``rest_framework.authtoken`` works after a change of its imports only.

The cases are those of DRF's own tests of ``TokenAuthentication``, ``ObtainAuthToken`` and
``Token``. The known differences: a stored key cannot be read, ``str(token)`` does not show it, and
clearing the key of a stored token is an error at once.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from rest_framework.authentication import BaseAuthentication, TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed, ErrorDetail, ValidationError
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate

from drf_token_auth import get_token_model
from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.exceptions import UnusableKey
from drf_token_auth.serializers import LoginSerializer
from tests.conftest import PASSWORD, make_user
from tests.dropin_urls import MockView, PlainToken
from tests.queries import queries

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.dropin_urls")]

Token = get_token_model()
KNOWN = "abcd1234"


@pytest.fixture(scope="module", autouse=True)
def _plain_table(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(PlainToken)
        yield
        with connection.schema_editor() as editor:
            editor.delete_model(PlainToken)


@pytest.fixture
def client() -> APIClient:
    """A client whose requests need a CSRF token if they have a session's cookie."""
    return APIClient(enforce_csrf_checks=True)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("models", "Token"),
        ("authentication", "TokenAuthentication"),
        ("views", "ObtainAuthToken"),
        ("views", "obtain_auth_token"),
        ("serializers", "AuthTokenSerializer"),
    ],
)
def test_only_the_imported_module_has_to_change(module: str, name: str) -> None:
    """Each of these names of DRF is a class or a view of this package."""
    found = getattr(import_module(f"drf_token_auth.{module}"), name)
    assert getattr(found, "cls", found).__module__.startswith("drf_token_auth.")


WAYS = {
    "token": (Token, "/token/", "Token"),
    "model is a model of the project's": (PlainToken, "/plain/", "Token"),
    "get_model() is": (PlainToken, "/get-model/", "Token"),
    "model is ours": (Token, "/named-model/", "Token"),
    "keyword": (Token, "/keyword/", "Bearer"),
    "authenticate_credentials calls super()": (Token, "/picky/", "Token"),
    "authenticate_credentials does not": (Token, "/own-lookup/", "Token"),
}


@pytest.mark.parametrize(("model", "path", "word"), WAYS.values(), ids=WAYS)
class TestTokenAuthentication:
    @pytest.fixture(autouse=True)
    def _known_key(self, model: Any, user: Any) -> None:
        self.token = model.objects.create(key=KNOWN, user=user)

    def post(self, client: APIClient, path: str, header: str | None, **extra: Any) -> Any:
        if header is not None:
            extra["HTTP_AUTHORIZATION"] = header
        return client.post(path, {"example": "example"}, **extra)

    @pytest.mark.parametrize("format_", ["json", "multipart"])
    def test_a_known_key_is_accepted(
        self, client: APIClient, user: Any, path: str, word: str, format_: str
    ) -> None:
        answer = self.post(client, path, f"{word} {KNOWN}", format=format_)
        assert (answer.status_code, answer.content.decode()) == (200, user.get_username())

    @pytest.mark.parametrize("format_", ["json", "multipart"])
    def test_a_request_needs_one_query(
        self, client: APIClient, path: str, word: str, format_: str
    ) -> None:
        with queries() as asked:
            answer = self.post(client, path, f"{word} {KNOWN}", format=format_)
        assert (answer.status_code, len(asked)) == (200, 1), asked

    def test_the_keyword_may_be_in_any_case(self, client: APIClient, path: str, word: str) -> None:
        for one in (word.lower(), word.upper(), word.swapcase()):
            assert self.post(client, path, f"{one} {KNOWN}").status_code == 200

    def test_an_inactive_user_is_refused(
        self, client: APIClient, model: Any, path: str, word: str
    ) -> None:
        model.objects.create(key="foobar_token", user=make_user("foo", is_active=False))
        answer = self.post(client, path, f"{word} foobar_token")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith(word)

    @pytest.mark.parametrize(
        "rest",
        [
            " wxyz6789",
            "",
            " ",
            " foo bar",
            f" {KNOWN} {KNOWN}",
            f" {KNOWN}\xb8",
            f" {KNOWN[:-1]}",
        ],
        ids=ascii,
    )
    @pytest.mark.parametrize("format_", ["json", "multipart"])
    def test_an_unknown_or_malformed_key_is_refused(
        self, client: APIClient, path: str, word: str, rest: str, format_: str
    ) -> None:
        answer = self.post(client, path, f"{word}{rest}", format=format_)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith(word)

    @pytest.mark.parametrize("header", [None, "", "Basic abcd1234", "Tokenabcd1234", KNOWN])
    def test_a_header_without_the_keyword_is_not_authenticated(
        self, client: APIClient, path: str, word: str, header: str | None
    ) -> None:
        answer = self.post(client, path, header)
        assert answer.status_code == 401
        assert answer.data["detail"].code == "not_authenticated"

    def test_a_deleted_token_is_refused(
        self, client: APIClient, model: Any, path: str, word: str
    ) -> None:
        self.token.delete()
        assert not model.objects.exists()
        assert self.post(client, path, f"{word} {KNOWN}").status_code == 401

    def test_put_and_get_are_accepted(self, client: APIClient, path: str, word: str) -> None:
        for call in (client.put, client.get):
            assert call(path, HTTP_AUTHORIZATION=f"{word} {KNOWN}").status_code == 200


class TestHooks:
    def test_a_key_in_another_case_is_another_key(self, client: APIClient, user: Any) -> None:
        # In a plain model, the collation of the column decides.
        Token.objects.create(key=KNOWN, user=user)
        for path, word in (("/token/", "Token"), ("/keyword/", "Bearer")):
            header = f"{word} {KNOWN.upper()}"
            assert client.get(path, HTTP_AUTHORIZATION=header).status_code == 401

    def test_our_authenticator_is_a_token_authentication(self) -> None:
        assert issubclass(ExpiringTokenAuthentication, TokenAuthentication)
        assert issubclass(ExpiringTokenAuthentication, BaseAuthentication)
        assert ExpiringTokenAuthentication.keyword == "Token"
        assert ExpiringTokenAuthentication.model is None
        assert ExpiringTokenAuthentication().get_model() is Token

    def test_authenticate_credentials_is_called_with_the_key(self, user: Any) -> None:
        token = Token.objects.create(key=KNOWN, user=user)
        assert ExpiringTokenAuthentication().authenticate_credentials(KNOWN) == (user, token)
        assert ExpiringTokenAuthentication().authenticate_credentials(key=KNOWN) == (user, token)
        with pytest.raises(AuthenticationFailed):
            ExpiringTokenAuthentication().authenticate_credentials("wxyz6789")

    def test_authenticate_credentials_finds_a_key_in_a_plain_model(self, user: Any) -> None:
        token = PlainToken.objects.create(key=KNOWN, user=user)

        class Plain(ExpiringTokenAuthentication):
            model = PlainToken

        found = Plain().authenticate_credentials(KNOWN)
        assert found == (user, token)
        assert found[1].key == KNOWN

    def test_an_override_may_refuse(self, client: APIClient, other_user: Any) -> None:
        Token.objects.create(key=KNOWN, user=other_user)
        answer = client.get("/picky/", HTTP_AUTHORIZATION=f"Token {KNOWN}")
        assert answer.status_code == 401
        assert answer.data == {"detail": ErrorDetail("Not you.", code="not_you")}
        assert client.get("/token/", HTTP_AUTHORIZATION=f"Token {KNOWN}").status_code == 200

    def test_an_override_may_refuse_in_its_own_words(self, client: APIClient) -> None:
        answer = client.get("/own-lookup/", HTTP_AUTHORIZATION=f"Token {KNOWN}")
        assert (answer.status_code, str(answer.data["detail"])) == (401, "Own refusal.")

    def test_a_plain_model_and_an_override_work_together(self, user: Any) -> None:
        PlainToken.objects.create(key=KNOWN, user=user)

        class Both(ExpiringTokenAuthentication):
            model = PlainToken

            def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
                found, token = super().authenticate_credentials(key)
                return found, token.key

        assert Both().authenticate_credentials(KNOWN) == (user, KNOWN)

    def test_the_challenge_begins_with_the_keyword(self) -> None:
        request = APIRequestFactory().get("/")

        class ApiKey(ExpiringTokenAuthentication):
            keyword = "Api-Key"

        for authenticator, word in (
            (ExpiringTokenAuthentication(), "Token"),
            (ApiKey(), "Api-Key"),
        ):
            challenge = authenticator.authenticate_header(request)
            assert challenge is not None
            assert challenge.split()[0] == word

    def test_force_authenticate_wins_over_the_header(self, user: Any) -> None:
        request = APIRequestFactory().get("/", HTTP_AUTHORIZATION="Token wxyz6789")
        force_authenticate(request, user)
        view = MockView.as_view(authentication_classes=[ExpiringTokenAuthentication])
        assert view(request).status_code == 200


class TestModel:
    def test_a_key_is_assigned_if_none_is_given(self, user: Any) -> None:
        token = Token.objects.create(user=user)
        assert Token.objects.from_key(token.key) == token

    def test_generate_key_returns_40_ascii_characters(self) -> None:
        # A migration or an admin may call it on an instance without a user.
        for made in (Token.generate_key(), Token().generate_key()):
            assert isinstance(made, str)
            assert len(made) == 40
            assert made.isascii()

    def test_generate_key_never_repeats(self) -> None:
        keys = [Token.generate_key() for _ in range(500)]
        assert len(set(keys)) == 500
        assert not [key for key in keys if len(set(key[4:])) < 10]

    def test_a_generated_key_can_be_stored(self, client: APIClient, user: Any) -> None:
        key = Token.generate_key()
        assert Token.objects.create(user=user, key=key).key == key
        assert client.get("/token/", HTTP_AUTHORIZATION=f"Token {key}").status_code == 200

    def test_a_key_of_drfs_own_shape_can_be_stored(self, client: APIClient, user: Any) -> None:
        key = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"
        Token.objects.create(user=user, key=key)
        assert client.get("/token/", HTTP_AUTHORIZATION=f"Token {key}").status_code == 200

    def test_a_key_of_another_token_is_an_integrity_error(self, user: Any, other_user: Any) -> None:
        existing = Token.objects.create(user=other_user)
        with pytest.raises(IntegrityError), transaction.atomic():
            Token.objects.create(key=existing.key, user=user)
        with pytest.raises(IntegrityError), transaction.atomic():
            Token(key=existing.key, user=user).save()
        assert Token.objects.count() == 1

    @pytest.mark.parametrize("nothing", ["", None])
    def test_save_generates_a_key_after_it_was_cleared(self, user: Any, nothing: Any) -> None:
        token = Token(user=user)
        token.key = nothing
        token.save()
        assert len(token.key) == 40
        assert Token.objects.from_key(token.key) == token

    def test_save_generates_a_key_for_an_empty_one(self, user: Any) -> None:
        for nothing in ("", None):
            assert len(Token.objects.create(user=user, key=nothing).key) == 40

    def test_clearing_the_key_of_a_stored_token_stores_no_empty_one(self, user: Any) -> None:
        token = Token.objects.create(user=user)
        before = bytes(token.digest)
        # DRF raises IntegrityError here.
        with pytest.raises(UnusableKey):
            token.key = ""
        token.save()
        assert bytes(Token.objects.get(pk=token.pk).digest) == before
        assert Token.objects.count() == 1
        assert Token.objects.from_key("") is None

    def test_saving_again_changes_no_key(self, client: APIClient, user: Any) -> None:
        token = Token.objects.create(user=user, key=KNOWN)
        token.save()
        assert token.key == KNOWN
        Token.objects.get().save()
        assert client.get("/token/", HTTP_AUTHORIZATION=f"Token {KNOWN}").status_code == 200

    def test_a_key_can_be_assigned_to_a_stored_token(self, client: APIClient, user: Any) -> None:
        token = Token.objects.create(user=user)
        old, token.key = token.key, KNOWN
        token.save()
        assert client.get("/token/", HTTP_AUTHORIZATION=f"Token {KNOWN}").status_code == 200
        assert client.get("/token/", HTTP_AUTHORIZATION=f"Token {old}").status_code == 401

    def test_the_text_is_not_the_key(self, user: Any) -> None:
        # A known difference: DRF prints the key.
        token = Token.objects.create(user=user, key="test-token-of-a-known-key")
        assert token.key not in str(token)
        assert str(token)

    def test_a_key_may_contain_a_space(self, user: Any) -> None:
        token = Token.objects.create(user=user, key="test token")
        assert token.key == "test token"
        assert Token.objects.from_key("test token") == token

    def test_the_key_cannot_be_read_back(self, user: Any) -> None:
        Token.objects.create(user=user, key=KNOWN)
        with pytest.raises(AttributeError):
            _ = Token.objects.get(user=user).key
        for lookup in (
            lambda: Token.objects.get(key=KNOWN),
            lambda: Token.objects.filter(key=KNOWN).exists(),
            lambda: Token.objects.values_list("key", flat=True).first(),
        ):
            with pytest.raises(FieldError):
                lookup()

    def test_a_copy_keeps_the_key(self, user: Any) -> None:
        token = Token.objects.create(user=user, key=KNOWN)
        assert copy.copy(token).key == KNOWN

    def test_deleting_the_user_deletes_the_tokens(self, user: Any) -> None:
        Token.objects.create(user=user)
        user.delete()
        assert not Token.objects.exists()


class TestObtainAuthToken:
    @pytest.mark.parametrize("format_", ["json", "multipart"])
    @pytest.mark.parametrize("path", ["/auth-token/", "/custom-auth-token/"])
    def test_a_login_returns_a_key_that_works(
        self, client: APIClient, user: Any, path: str, format_: str
    ) -> None:
        answer = client.post(
            path, {"username": user.get_username(), "password": PASSWORD}, format=format_
        )
        assert answer.status_code == 200
        header = f"Token {answer.data['token']}"
        assert client.get("/token/", HTTP_AUTHORIZATION=header).status_code == 200

    def test_a_session_changes_nothing(self, client: APIClient, user: Any) -> None:
        # No authenticator runs, so no CSRF token is needed.
        client.force_login(user)
        answer = client.post(
            "/auth-token/", {"username": user.get_username(), "password": PASSWORD}
        )
        assert answer.status_code == 200

    @pytest.mark.parametrize("format_", ["json", "multipart"])
    @pytest.mark.parametrize("path", ["/auth-token/", "/custom-auth-token/"])
    def test_a_wrong_password_is_refused(
        self, client: APIClient, user: Any, path: str, format_: str
    ) -> None:
        answer = client.post(
            path, {"username": user.get_username(), "password": "badpass"}, format=format_
        )
        assert answer.status_code == 400
        assert answer.json() == {
            "non_field_errors": ["Unable to log in with provided credentials."]
        }
        assert answer.data["non_field_errors"][0].code == "authorization"

    def test_a_missing_password_is_an_error(self, client: APIClient, user: Any) -> None:
        answer = client.post("/auth-token/", {"username": user.get_username()}, format="json")
        assert answer.status_code == 400
        assert answer.json() == {"password": ["This field is required."]}

    def test_a_missing_username_is_an_error(self, client: APIClient) -> None:
        answer = client.post("/auth-token/", {"password": PASSWORD}, format="json")
        assert answer.status_code == 400
        assert answer.json()

    def test_the_serializer_needs_no_request(self, user: Any) -> None:
        # DRF's serializer also accepts a context without a request, as in a shell or a test.
        serializer = LoginSerializer(data={"username": user.get_username(), "password": PASSWORD})
        assert serializer.is_valid(), serializer.errors
        assert serializer.validated_data["user"] == user

    def test_the_serializer_refuses_empty_data(self) -> None:
        with pytest.raises(ValidationError):
            LoginSerializer().validate({})

    @pytest.mark.parametrize("password", ["test pass ", " test pass", "  "])
    def test_spaces_around_a_password_are_kept(
        self, client: APIClient, user: Any, password: str
    ) -> None:
        user.set_password(password)
        user.save()
        data = {"username": user.get_username(), "password": password}
        assert client.post("/auth-token/", data).status_code == 200
        data["password"] = password.strip() or "x"
        assert client.post("/auth-token/", data).status_code == 400

    def test_the_serializer_shows_no_password(self, user: Any) -> None:
        serializer = LoginSerializer(data={"username": user.get_username(), "password": PASSWORD})
        serializer.is_valid()
        assert PASSWORD not in str(serializer.data)


class TestCommand:
    """DRF's ``drf_create_token`` is ``create_token`` here. It prints only the key."""

    def test_create_token_prints_the_key(self, client: APIClient, user: Any) -> None:
        out = StringIO()
        call_command("create_token", user.get_username(), stdout=out)
        (key,) = out.getvalue().splitlines()
        assert Token.objects.get() == Token.objects.from_key(key)
        assert client.get("/token/", HTTP_AUTHORIZATION=f"Token {key}").status_code == 200

    def test_create_token_refuses_an_unknown_user(self) -> None:
        out = StringIO()
        with pytest.raises(CommandError, match="not_existing_user"):
            call_command("create_token", "not_existing_user", stdout=out)
        assert out.getvalue() == ""
        assert not Token.objects.exists()
