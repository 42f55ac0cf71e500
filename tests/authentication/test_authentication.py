from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Value
from django.http import HttpRequest
from django.test import override_settings
from django.utils import timezone
from django.views.debug import ExceptionReporter
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from drf_token_auth import get_token_model, keys
from drf_token_auth.authentication import (
    BearerTokenAuthentication,
    ExpiringTokenAuthentication,
)
from drf_token_auth.lookup import fast_select as statement

pytestmark = pytest.mark.django_db
requests = APIRequestFactory()


@pytest.fixture
def token(user: Any) -> Any:
    return get_token_model().objects.create(user=user)


def authenticate(header: Any, cls: Any = ExpiringTokenAuthentication) -> Any:
    request = HttpRequest()
    request.META["HTTP_AUTHORIZATION"] = header
    return cls().authenticate(request)


def respond(header: str, *authenticators: Any) -> Any:
    class View(APIView):
        authentication_classes = authenticators
        permission_classes = (IsAuthenticated,)

        def get(self, request: Any) -> Response:
            return Response({"user": str(request.user.pk), "auth": type(request.auth).__name__})

    return View.as_view()(requests.get("/", HTTP_AUTHORIZATION=header))


def test_a_plain_request_of_django_is_enough(token, user):
    assert authenticate(f"Token {token.key}") == (user, token)
    assert authenticate(f"Token {token.key}".encode()) == (user, token)
    assert ExpiringTokenAuthentication().authenticate(HttpRequest()) is None


@pytest.mark.parametrize("word", ["Token", "token", "TOKEN", "tOkEn"])
def test_the_scheme_is_a_word_in_any_case(token, user, word):
    assert authenticate(f"{word} {token.key}") == (user, token)
    assert authenticate(f"  {word}   {token.key}  ") == (user, token)


def test_two_authenticators_accept_both_schemes(token):
    both = (ExpiringTokenAuthentication, BearerTokenAuthentication)
    assert respond(f"Token {token.key}", *both).status_code == 200
    assert respond(f"Bearer {token.key}", *both).status_code == 200
    assert respond(f"Basic {token.key}", *both).status_code == 401


def test_a_custom_keyword_is_accepted_and_is_in_the_challenge(token):
    class ApiKey(ExpiringTokenAuthentication):
        keyword = "Api-Key"

    assert respond(f"api-key {token.key}", ApiKey).status_code == 200
    refused = respond("Api-Key nonsense", ApiKey)
    assert refused.headers["WWW-Authenticate"] == 'Api-Key realm="api", error="invalid_token"'


def test_the_queryset_hook_joins_more_and_stays_at_one_query(
    token, user, django_assert_num_queries
):
    class Joined(ExpiringTokenAuthentication):
        records_use = False

        def get_queryset(self) -> Any:
            return get_token_model().objects.select_related("user").annotate(seen=Value(1))

    with django_assert_num_queries(1):
        found, auth = authenticate(f"Token {token.key}", Joined)
        assert (found.pk, auth.user.pk, auth.seen) == (user.pk, user.pk, 1)


def test_the_queryset_hook_may_leave_tokens_out(token):
    class Personal(ExpiringTokenAuthentication):
        def get_queryset(self) -> Any:
            return get_token_model().objects.filter(kind="personal")

    with pytest.raises(AuthenticationFailed):
        authenticate(f"Token {token.key}", Personal)


def test_a_class_without_hooks_runs_the_compiled_statement(token, monkeypatch):
    asked: list[int] = []
    fetch = statement.fetch
    monkeypatch.setattr(statement, "fetch", lambda *args: asked.append(1) or fetch(*args))
    authenticate(f"Token {token.key}")
    assert asked == [1]


def test_an_override_of_a_project_is_called(token, user):
    class Own(ExpiringTokenAuthentication):
        def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
            found, auth = super().authenticate_credentials(key)
            return found, {"token": auth, "key length": len(key)}

    assert authenticate(f"Token {token.key}", Own) == (user, {"token": token, "key length": 40})


def test_by_default_an_unknown_key_is_refused_and_not_passed_on():
    with pytest.raises(AuthenticationFailed):
        authenticate("Token " + "0" * 40)


class TestPassingUnknownKeysOn:
    @pytest.fixture(autouse=True)
    def _pass(self) -> Any:
        with override_settings(DRF_TOKEN_AUTH={"UNKNOWN_KEYS": "pass"}):
            yield

    @pytest.mark.parametrize(
        "key", ["0" * 40, "a.jwt." + "x" * 900, "abcd1234", "", "two parts", "not-ASCII-\xe9"]
    )
    def test_a_foreign_key_is_passed_to_the_next_authenticator(self, key):
        assert authenticate(f"Token {key}") is None

    def test_our_unknown_or_wrong_key_is_refused(self):
        for key in (keys.generate("dta_"), "dta_" + "a" * 36, "dta_short", "dta_two parts"):
            with pytest.raises(AuthenticationFailed):
                authenticate(f"Token {key}")

    def test_a_stored_key_of_another_shape_is_ours_and_expires(self, user):
        model = get_token_model()
        model.objects.create(user=user, key="abcd1234")
        assert authenticate("Token abcd1234")[0] == user
        model.objects.update(expires_at=timezone.now())
        with pytest.raises(AuthenticationFailed) as refused:
            authenticate("Token abcd1234")
        assert refused.value.get_codes() == "token_expired"

    def test_the_challenge_has_an_error_if_a_key_was_sent(self):
        refused = respond("Token " + "0" * 40, ExpiringTokenAuthentication)
        assert refused.status_code == 401
        assert "invalid_token" in refused.headers["WWW-Authenticate"]


def test_a_use_is_not_recorded_if_the_class_or_the_interval_forbids_it(user):
    class Silent(ExpiringTokenAuthentication):
        records_use = False

    model = get_token_model()
    silent, heard = model.objects.create(user=user), model.objects.create(user=user)
    authenticate(f"Token {silent.key}", Silent)
    assert model.objects.get(pk=silent.pk).last_used_at is None
    with override_settings(DRF_TOKEN_AUTH={"LAST_USED_INTERVAL": None}):
        authenticate(f"Token {heard.key}")
    assert model.objects.get(pk=heard.pk).last_used_at is None


def test_our_authenticator_is_a_subclass_of_drfs_token_authentication():
    assert issubclass(ExpiringTokenAuthentication, TokenAuthentication)
    assert ExpiringTokenAuthentication().get_model() is get_token_model()


@pytest.mark.parametrize("how", ["unknown", "malformed", "checksum", "expired"])
def test_the_log_has_the_reason_and_neither_key_nor_digest(token, how, caplog):
    digest = bytes(token.digest)
    key = {
        "unknown": keys.generate("dta_"),
        "malformed": "a" * 300,
        "checksum": "dta_" + "a" * 36,
        "expired": token.key,
    }[how]
    get_token_model().objects.update(expires_at=timezone.now() - timedelta(days=1))
    with caplog.at_level(logging.DEBUG, "drf_token_auth"), pytest.raises(AuthenticationFailed):
        authenticate(f"Token {key}")
    reasons = {"unknown": "UnknownKey", "malformed": "MalformedKey", "expired": "TokenExpired"}
    assert reasons.get(how, "WrongChecksum") in caplog.text
    logged = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert key not in logged
    for secret in (digest, keys.digest(key, keys.SHA256)):
        for shown in (secret[1:].hex(), repr(secret[1:])[2:-1], str(list(secret[1:]))[1:-1]):
            assert shown not in logged


@pytest.mark.parametrize(
    "present",
    [
        lambda key: authenticate(f"Token {key}"),
        ExpiringTokenAuthentication().authenticate_credentials,
        get_token_model().objects.from_key,
        lambda key: get_token_model().objects.filter(name="").from_key(key),
    ],
)
def test_a_report_of_an_error_in_the_lookup_shows_no_key_and_no_digest(token, present):
    def down(execute: Any, sql: str, params: Any, many: bool, context: Any) -> None:
        raise RuntimeError("the database is away")

    with connection.execute_wrapper(down):
        try:
            present(token.key)
        except RuntimeError as error:
            request = requests.get("/")
            report = ExceptionReporter(request, type(error), error, error.__traceback__)
            frames = report.get_traceback_frames()
    # The test's own frames show the key, so leave them out. All other frames must hide it.
    shown = [str(frame["vars"]) for frame in frames if frame["filename"] != __file__]
    assert len(shown) >= 5
    digest = bytes(token.digest[1:])
    assert not any(token.key in one or repr(digest)[4:-4] in one for one in shown)
