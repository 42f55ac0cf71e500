"""docs/reference/messages.md has the messages for developers, as developers see them.

Write the page again after a change of a text: ``WRITE_MESSAGES=1 pytest tests/first_hour``.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.checks.registry import registry
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.template import engines
from django.test import override_settings
from django.urls import include, path
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.serializers import ModelSerializer
from rest_framework.views import APIView

import drf_token_auth
from drf_token_auth import conf, get_token_model, operations
from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.checks.shared import guarded
from drf_token_auth.conf.rest_framework import require_readable
from drf_token_auth.contrib import audit_checks
from drf_token_auth.exceptions import TokenError
from drf_token_auth.permissions import HasScopes
from drf_token_auth.views import LoginView
from tests.conftest import make_user

Token = get_token_model()
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "messages.md"
REFERENCE = PAGE.with_name("checks.md")
OURS = "drf_token_auth.authentication.ExpiringTokenAuthentication"
DRFS = "rest_framework.authentication.TokenAuthentication"
SESSION = "rest_framework.authentication.SessionAuthentication"
BASIC = "rest_framework.authentication.BasicAuthentication"
DAY = timedelta(days=1)
EXCLUSION = 'Write AUDITLOG_EXCLUDE_TRACKING_MODELS = ("drf_token_auth.Token",).'
HEAD = """\
# Messages

This page shows many texts of checks, exceptions and commands, so that you can find a text that you
see. [Checks](checks.md) has every check. A test writes this page from the code. For an error that a
client sees, read the [troubleshooting page](../troubleshooting.md).
"""


class OldTokens(TokenAuthentication):
    model = type("OldToken", (), {})


class ByKey(TokenAuthentication):
    def authenticate_credentials(self, key: str) -> Any:
        return Token.objects.get(key=key)


class Reports(APIView):
    permission_classes = [HasScopes]
    required_scopes = "reports"


class ByMethod(Reports):
    required_scopes = {"GTE": []}


class Serializers:
    """A stand-in. The checks of other tests would find a subclass of the real ModelSerializer."""


class TokenSerializer(Serializers):
    class Meta:
        model = Token
        fields = "__all__"


class Logout(APIView):
    def post(self, request: Any) -> None:
        request.user.auth_token.delete()


class Behind(LoginRequiredMixin, APIView):
    authentication_classes = [ExpiringTokenAuthentication]


def stock(name: str) -> type[APIView]:
    """Return a view like those of dj-rest-auth."""
    module, methods = "dj_rest_auth.views", {"logout": print, "post": print}
    made = type(name, (APIView,), {"__module__": module, **methods})
    made.authentication_classes = []
    return made


class Split:
    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "tokens" if model is Token else None


def defaults(*names: Any) -> dict[str, Any]:
    return {"REST_FRAMEWORK": {"DEFAULT_AUTHENTICATION_CLASSES": list(names)}}


def urls(*views: Any) -> dict[str, Any]:
    return {"ROOT_URLCONF": tuple(path(f"{n}/", one.as_view()) for n, one in enumerate(views))}


PEPPER = "a random text of 32 characters.."
CHECKS: dict[str, list[dict[str, Any]]] = {
    "E001": [{"DRF_TOKEN_AUTH": None}, {"DRF_TOKEN_AUTH": ({"TTL": None},)}],
    "E002": [
        {"DRF_TOKEN_AUTH": {name: None}}
        for name in ("TTTL", "TOKEN_TTL", "TOKEN_MODEL", "AUTH_HEADER_PREFIX", "COLOUR")
    ],
    "E003": [
        {"DRF_TOKEN_AUTH": one}
        for one in (
            {"TTL": 3600},
            {"TTL": "14 days"},
            {"TTL": timedelta(0)},
            {"MAX_TTL": True},
            {"LAST_USED_INTERVAL": timedelta(-1)},
            {"MAX_TOKENS_PER_USER": 0},
            {"WHEN_FULL": "evict"},
            {"REVOKE_ON_REUSE": 1},
            {"PASSWORD_BOUND": "login"},
            {"SCOPES": ["read"]},
            {"SCOPES": {"read orders": ""}},
            {"SCOPES": {"read": None}},
            {"PREFIX": "a b"},
            {"PEPPERS": {1: "too few characters"}},
            {"PEPPERS": {"1": PEPPER}},
            {"PEPPER": 2, "PEPPERS": {1: PEPPER}},
            {"UNKNOWN_KEYS": "ignore"},
            {"LOGIN_RATES": {"ip": "20/min"}},
            {"LOGIN_RATES": {"address": 5}},
            {"FAILED_KEY_RATE": 20},
        )
    ],
    "E004": [{"DRF_TOKEN_AUTH_TTL": DAY}, {"DRF_TOKENAUTH": {}}],
    "E005": [
        {"DRF_TOKEN_AUTH_TOKEN_MODEL": name} for name in ("Token", "accounts.ApiToken", "shop.Key")
    ],
    "E006": [{"DRF_TOKEN_AUTH_TOKEN_MODEL": "sessions.Session"}],
    "E008": [urls(Reports)],
    "E009": [{"DJOSER": {"TOKEN_MODEL": "drf_token_auth.models.Token"}}],
    "E010": [{"REST_AUTH": {"TOKEN_MODEL": "drf_token_auth.models.Token"}}],
    "E011": [
        {
            "REST_AUTH": {"TOKEN_CREATOR": "drf_token_auth.contrib.dj_rest_auth.create_token"},
            **urls(stock("LogoutView")),
        }
    ],
    "E012": [urls(ByMethod)],
    "E013": [{"AXES_LOCKOUT_PARAMETERS": ["username"]}],
    "E014": [defaults(f"{__name__}.ByKey")],
    "E015": [{}],
    "E016": [
        {"REST_FRAMEWORK": {"DEFAULT_AUTHENTICATION_CLASSES": OURS}},
        defaults("drf_token_auth.ExpiringTokenAuthentication"),
        defaults(None),
        urls(type("Shop", (APIView,), {"permission_classes": HasScopes})),
        {"REST_FRAMEWORK": {"DEFAULT_PERMISSION_CLASSES": [OURS]}},
    ],
    "E017": [defaults(DRFS)],
    "E018": [{"DATABASE_ROUTERS": [Split()]}],
    "E019": [{}],
    "E021": [{**defaults(OURS), **urls(ObtainAuthToken)}],
    "E024": [{"ROOT_URLCONF": (path("login/", cast("Any", LoginView.as_view)),)}],
    "E025": [{"AUTHENTICATION_BACKENDS": [OURS]}],
    "W001": [defaults(SESSION, OURS)],
    "W002": [defaults(OURS, BASIC)],
    "W003": [{"DRF_TOKEN_AUTH": {"TTL": None}}],
    "W004": [{}],
    "W005": [{"SECRET_KEY": PEPPER, "DRF_TOKEN_AUTH": {"PEPPERS": {1: PEPPER}}}],
    "W006": [{"DRF_TOKEN_AUTH": {"TTL": DAY, "IDLE_TIMEOUT": DAY}}],
    "W007": [defaults(OURS, f"{__name__}.OldTokens")],
    "W008": [{**defaults(SESSION), "ROOT_URLCONF": (path("", include("drf_token_auth.urls")),)}],
    "W009": [urls(Logout)],
    "W015": [{"ROOT_URLCONF": (path("auth", include("drf_token_auth.urls")),)}],
    "W016": [
        {"TOKEN_EXPIRED_AFTER_SECONDS": 86_400},
        {"REST_KNOX": {"TOKEN_TTL": DAY, "TOKEN_LIMIT_PER_USER": 5}},
        {"MAX_TOKENS_PER_USER": 5},
    ],
    "W011": [{}],
    "W012": [{**defaults(OURS), **urls(ObtainAuthToken)}],
    "W013": [{}],
    "W018": [
        {
            "AUTHENTICATION_BACKENDS": ["django.contrib.auth.backends.RemoteUserBackend"],
            **urls(LoginView),
        }
    ],
    "W019": [urls(Behind)],
    "W020": [
        {"REST_FRAMEWORK": {"DEFAULT_PERMISSION_CLASS": []}},
        urls(type("Shop", (APIView,), {"permission_class": HasScopes})),
    ],
}
# These messages need another model or an admin. Their tests are in tests/checks and tests/contrib.
ELSEWHERE = {"E007", "E020", "E022", "E023", "E026", "W014", "W017", "W021"}


def check_messages(patch: pytest.MonkeyPatch) -> Iterator[str]:
    installed = {"axes", "djoser", "dj_rest_auth"}
    apps = [SimpleNamespace(name=name) for name in [*installed, "auditlog"]]
    auth = type("TokenAuth", (), {"scopes": ("reports",)})()
    ninja = SimpleNamespace(with_scopes=[auth])
    registered = registry.get_checks(include_deployment_checks=True)
    ours = [one for one in registered if one.__module__.startswith("drf_token_auth.")]
    # A template engine reads the installed apps once. Let it read them before they are replaced.
    for engine in engines.all():
        engine.from_string("")
    patch.setattr("drf_token_auth.checks.neighbours.apps.get_app_configs", lambda: apps)
    for id_, examples in CHECKS.items():
        yield f"### `drf_token_auth.{id_}`"
        patch.setitem(sys.modules, "drf_token_auth.contrib.ninja", ninja if id_ == "E015" else None)
        beside = {"rest_framework.authtoken"} if id_ == "W012" else set()
        patch.setattr(
            "django.apps.apps.is_installed",
            lambda app, beside=beside: app in {*installed, *beside, "auditlog"},
        )
        found = {"auditlog": lambda model: EXCLUSION} if id_ == "E019" else {}
        patch.setattr(audit_checks, "_EXCLUSIONS", found)
        base = Serializers if id_ == "W013" else ModelSerializer
        patch.setattr("drf_token_auth.checks.serializers.ModelSerializer", base)
        for example in examples:
            with override_settings(**{"SECURE_HSTS_SECONDS": 0, **example}):
                messages = [message for one in ours for message in one()]
            [message] = [one for one in messages if one.id == f"drf_token_auth.{id_}"]
            yield block(message.msg, f"HINT: {message.hint}")
    [message] = guarded(failing)()
    yield "### `drf_token_auth.W010`"
    yield block(message.msg, f"HINT: {message.hint}")


def failing() -> Any:
    raise KeyError


def command(*typed: str) -> None:
    call_command(*typed, stdout=io.StringIO(), stderr=io.StringIO())


def no_app() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.apps.apps.get_model", missing)
        get_token_model.cache_clear()
        get_token_model()


def missing(*args: Any, **kwargs: Any) -> None:
    raise LookupError


def no_app_at_the_urls() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.apps.apps.is_installed", lambda app: False)
        drf_token_auth.require_installed()


def no_text() -> None:
    with override_settings(DRF_TOKEN_AUTH_TOKEN_MODEL=("accounts.ApiToken",)):
        get_token_model()


def unreadable(value: Any) -> None:
    with override_settings(REST_FRAMEWORK=value):
        require_readable()


def full(user: Any) -> None:
    with override_settings(DRF_TOKEN_AUTH={"MAX_TOKENS_PER_USER": 1, "WHEN_FULL": "reject"}):
        operations.issue(user)
        operations.issue(user)


def scopes(user: Any, names: Any, declared: dict[str, str]) -> None:
    with override_settings(DRF_TOKEN_AUTH={"SCOPES": declared}):
        operations.issue(user, scopes=names)


def errors(user: Any) -> Iterator[tuple[str, Callable[[], object]]]:
    name = user.get_username()
    yield "get_token_model(), without the app in INSTALLED_APPS", no_app
    yield 'include("drf_token_auth.urls"), without the app in INSTALLED_APPS', no_app_at_the_urls
    yield 'DRF_TOKEN_AUTH_TOKEN_MODEL = ("accounts.ApiToken",)', no_text
    yield "REST_FRAMEWORK = None", lambda: unreadable(None)
    yield (
        "a comma is missing in DEFAULT_AUTHENTICATION_CLASSES",
        lambda: unreadable({"DEFAULT_AUTHENTICATION_CLASSES": [OURS + SESSION]}),
    )
    yield "token.key, of a token that was loaded", lambda: Token.objects.filter(user=user)[0].key
    yield "Token.objects.get(key=key)", lambda: Token.objects.get(key="x")
    yield (
        'Token.objects.create(user=user, key="é")',
        lambda: Token.objects.create(user=user, key="é"),
    )
    yield 'a login at MAX_TOKENS_PER_USER, with WHEN_FULL = "reject"', lambda: full(user)
    yield 'operations.issue(user, scopes="fly")', lambda: scopes(user, "fly", {"read": ""})
    yield "operations.issue(user, ttl=3600)", lambda: operations.issue(user, ttl=cast(Any, 3600))
    yield "operations.revoke(key)", lambda: operations.revoke(cast(Any, "dta_…"))
    yield "operations.issue(user, scopes=[])", lambda: scopes(user, [], {})
    yield "create_token nobody", lambda: command("create_token", "nobody")
    yield "create_token", lambda: command("create_token")
    yield "create_token --user-id 0", lambda: command("create_token", "--user-id", "0")
    yield "create_token NAME --ttl 0s", lambda: command("create_token", name, "--ttl", "0s")
    yield "create_token NAME --ttl soon", lambda: command("create_token", name, "--ttl", "soon")
    yield "revoke_tokens", lambda: command("revoke_tokens")
    yield (
        "revoke_tokens --created-before now",
        lambda: command("revoke_tokens", "--created-before", "now"),
    )
    yield 'revoke_tokens --scope "a b"', lambda: command("revoke_tokens", "--scope", "a b")
    yield "revoke_tokens --all, without a terminal", lambda: command("revoke_tokens", "--all")


RAISED = (CommandError, FieldError, ImproperlyConfigured, TokenError, TypeError)


def error_messages(user: Any) -> Iterator[str]:
    for done, call in errors(user):
        with pytest.raises(RAISED) as raised:
            call()
        yield f"### `{done}`"
        yield block(f"{type(raised.value).__name__}: {raised.value}")


def block(*lines: str) -> str:
    return "```text\n" + "\n".join(lines) + "\n```"


def written(user: Any, patch: pytest.MonkeyPatch) -> str:
    with patch.context() as inner:
        inner.setattr(sys, "stdin", io.StringIO(""))
        failed = list(error_messages(user))
    with patch.context() as inner:
        checked = list(check_messages(inner))
    return (
        "\n\n".join([HEAD + "\n## Checks", *checked, "## Exceptions and commands", *failed]) + "\n"
    )


def test_each_check_has_an_example_here_or_a_test_elsewhere() -> None:
    documented = set(re.findall(r"^## `drf_token_auth\.(\w+)`", REFERENCE.read_text("utf-8"), re.M))
    assert documented == {*CHECKS, *ELSEWHERE, "W010"}


# The page shows the texts of a project that uses the package's token model, and whose users log in
# by e-mail address.
if Token._meta.label == conf.DEFAULT_TOKEN_MODEL and get_user_model().USERNAME_FIELD == "email":

    @pytest.mark.django_db
    def test_the_page_has_the_texts_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
        user = make_user()
        operations.issue(user)
        text = written(user, monkeypatch)
        if os.environ.get("WRITE_MESSAGES"):
            PAGE.write_text(text, "utf-8")
        assert PAGE.read_text("utf-8") == text
