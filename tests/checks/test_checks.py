from __future__ import annotations

import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import models
from django.test import override_settings
from django.test.utils import isolate_apps
from django.urls import include, path
from django.utils.functional import cached_property
from rest_framework.decorators import action
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

import drf_token_auth
from drf_token_auth.checks import project, scopes
from drf_token_auth.permissions import HasScopes, RecentLogin

OURS = "drf_token_auth.authentication.ExpiringTokenAuthentication"
BASIC = "rest_framework.authentication.BasicAuthentication"
SESSION = "rest_framework.authentication.SessionAuthentication"
PEPPER = "p" * 32


def ids(*, deploy: bool = False) -> set[str]:
    found = run_checks(include_deployment_checks=deploy)
    return {message.id for message in found if message.id.startswith("drf_token_auth.")}


def default_authenticators(*names: str) -> dict[str, Any]:
    return {"REST_FRAMEWORK": {"DEFAULT_AUTHENTICATION_CLASSES": list(names)}}


class Scoped(APIView):
    permission_classes = (HasScopes,)


class ScopedByName(Scoped):
    required_scopes = "orders:read"


class ScopedByMethod(Scoped):
    required_scopes = {"GET": ["orders:read"], "POST": "orders:write"}


class Fresh(APIView):
    permission_classes = (RecentLogin(), HasScopes)
    required_scopes = ("orders:read",)


def composed(permission: Any) -> type[APIView]:
    return type("Composed", (APIView,), {"permission_classes": [permission]})


class Orders(ViewSet):
    permission_classes = [IsAuthenticated]
    required_scopes: Any = None

    def list(self, request):
        raise NotImplementedError

    @action(detail=False, permission_classes=[HasScopes], required_scopes=["orders:export"])
    def export(self, request):
        raise NotImplementedError


class Computed(Scoped):
    @property
    def required_scopes(self):
        raise NotImplementedError


class ComputedOnce(Scoped):
    @cached_property
    def required_scopes(self):
        raise NotImplementedError


class Chosen(APIView):
    @property
    def permission_classes(self):
        raise NotImplementedError


CASES = [
    ({"DRF_TOKEN_AUTH": []}, "E001", False),
    ({"DRF_TOKEN_AUTH": {"TTTL": None}}, "E002", False),
    ({"DRF_TOKEN_AUTH": {"TTL": 3600}}, "E003", False),
    ({"DRF_TOKEN_AUTH_TTL": 3600}, "E004", False),
    ({"DRF_TOKEN_AUTH_TOKN_MODEL": "x.Y"}, "E004", False),
    ({"DRF_TOKEN_AUTHS": {"TTL": None}}, "E004", False),
    ({"DRF_TOKENAUTH": {"TTL": None}}, "E004", False),
    ({"DRF_TOKEN_AUTH_TOKEN_MODEL": "nowhere.Token"}, "E005", False),
    ({"DRF_TOKEN_AUTH_TOKEN_MODEL": "nonsense"}, "E005", False),
    ({"DRF_TOKEN_AUTH_TOKEN_MODEL": "sessions.Session"}, "E006", False),
    (default_authenticators(SESSION, OURS), "W001", False),
    (default_authenticators(OURS, BASIC), "W002", True),
    ({"DRF_TOKEN_AUTH": {"TTL": None}}, "W003", True),
    ({"SECURE_SSL_REDIRECT": False, "SECURE_HSTS_SECONDS": 0}, "W004", True),
    ({"SECRET_KEY": PEPPER, "DRF_TOKEN_AUTH": {"PEPPERS": {1: PEPPER}}}, "W005", False),
]


@pytest.mark.parametrize(("settings", "id_", "deploy"), CASES)
def test_what_is_wrong_is_found(settings, id_, deploy):
    with override_settings(**settings):
        assert f"drf_token_auth.{id_}" in ids(deploy=deploy)


def test_an_idle_timeout_as_long_as_the_lifetime_is_found():
    day = timedelta(days=1)
    with override_settings(DRF_TOKEN_AUTH={"TTL": day, "IDLE_TIMEOUT": day}):
        assert ids() == {"drf_token_auth.W006"}
    with override_settings(DRF_TOKEN_AUTH={"TTL": day, "IDLE_TIMEOUT": day / 2}):
        assert ids() == set()


def test_a_sound_project_has_nothing_to_hear():
    assert ids() == set()
    with override_settings(SECURE_SSL_REDIRECT=True):
        assert ids(deploy=True) == set()


def test_other_authenticators_without_ours_are_none_of_our_business():
    with override_settings(**default_authenticators(SESSION)):
        assert ids() == set()
    with override_settings(**default_authenticators(OURS, SESSION)):
        assert ids() == set()


@pytest.mark.parametrize(
    ("view", "declared", "missing"),
    [
        (Scoped, {}, {"read", "write"}),
        (Scoped, {"read": "", "write": ""}, set()),
        (ScopedByName, {}, {"orders:read"}),
        (ScopedByMethod, {"orders:read": ""}, {"orders:write"}),
        (Fresh, {}, {"orders:read"}),
        (composed(HasScopes & RecentLogin(timedelta(minutes=5))), {}, {"read", "write"}),
        (composed(RecentLogin() & HasScopes), {}, {"read", "write"}),
        (composed(HasScopes | IsAdminUser), {}, {"read", "write"}),
        (composed(IsAdminUser | (IsAuthenticated & HasScopes)), {}, {"read", "write"}),
        (composed(~HasScopes), {}, {"read", "write"}),
        (composed(IsAdminUser | ~RecentLogin), {}, set()),
        (Computed, {}, set()),
        (ComputedOnce, {}, set()),
        (Chosen, {}, set()),
    ],
)
def test_a_view_that_needs_a_scope_nobody_can_have_is_found(view, declared, missing):
    assert lacking([path("", view.as_view())], declared) == missing


@pytest.mark.parametrize(
    ("required", "missing"),
    [
        ("orders:read", {"orders:read"}),
        ("orders:read orders:write", {"orders:read", "orders:write"}),
        (["orders:read orders:write"], {"orders:read orders:write"}),
        ("", {""}),
        ([], set()),
        ({"get": "a b", "POST": None, "HEAD": ["c"]}, {"a", "b", "c", "read", "write"}),
    ],
)
def test_what_as_view_is_given_is_seen(required, missing):
    assert lacking([path("", ScopedByName.as_view(required_scopes=required))], {}) == missing


def test_what_an_action_is_given_is_seen():
    router = SimpleRouter()
    router.register("orders", Orders, basename="orders")
    assert lacking([path("", include(router.urls))], {}) == {"orders:export"}


def lacking(urls, declared):
    with override_settings(ROOT_URLCONF=tuple(urls), DRF_TOKEN_AUTH={"SCOPES": declared}):
        found = scopes.check_required_scopes()
    assert {message.id for message in found} <= {"drf_token_auth.E008"}
    return {re.search("'(.*?)'", message.msg)[1] for message in found}


@pytest.mark.parametrize(
    ("required", "wrong"),
    [
        ({"GET": [], "post": [], "Patch": None, "HEAD": "", "TRACE": []}, set()),
        ({"GTE": [], "post ": [], 1: []}, {"'GTE'", "'post '", "1"}),
        ({"PURGE": []}, {"'PURGE'"}),
        (["GTE"], set()),
        (None, set()),
    ],
)
def test_scopes_for_a_method_there_is_not_are_found(required, wrong):
    view = type("View", (Scoped,), {"required_scopes": required})
    with override_settings(ROOT_URLCONF=(path("", view.as_view()),)):
        found = scopes.check_scoped_methods()
    assert {re.search("for (.*), which", message.msg)[1] for message in found} == wrong
    assert {message.id for message in found} <= {"drf_token_auth.E012"}


def test_a_method_of_the_views_own_is_one():
    names = [*APIView.http_method_names, "purge"]
    view = type("View", (Scoped,), {"required_scopes": {"PURGE": []}, "http_method_names": names})
    with override_settings(ROOT_URLCONF=(path("", view.as_view()),)):
        assert scopes.check_scoped_methods() == []


def test_a_method_that_only_this_view_refuses_is_one_too():
    """The dict may be shared."""
    view = type("View", (ScopedByMethod,), {"http_method_names": ["get"]})
    with override_settings(ROOT_URLCONF=(path("", view.as_view()),)):
        assert scopes.check_scoped_methods() == []


@isolate_apps("django.contrib.sessions")
def test_a_foreign_key_to_the_swapped_out_model_is_found_before_djangos_traceback(
    settings, monkeypatch
):
    class Note(models.Model):
        token = models.ForeignKey("drf_token_auth.Token", models.CASCADE)

        class Meta:
            app_label = "sessions"

    class Swapped(drf_token_auth.base_models.AbstractToken):
        class Meta:
            app_label = "sessions"

    monkeypatch.setattr(project, "get_token_model", lambda: Swapped)
    monkeypatch.setattr(project.apps, "get_models", lambda: [Note])
    [message] = project.check_token_model()
    assert message.id == "drf_token_auth.E007"
    assert "settings.DRF_TOKEN_AUTH_TOKEN_MODEL" in message.hint


def test_the_command_stops_at_a_misspelt_name_and_says_the_right_one():
    with (
        override_settings(DRF_TOKEN_AUTH={"IDLE_TIMOUT": None}),
        pytest.raises(SystemCheckError, match="Did you mean 'IDLE_TIMEOUT'"),
    ):
        call_command("check", stdout=io.StringIO(), stderr=io.StringIO())


def test_no_message_shows_a_secret():
    with override_settings(DRF_TOKEN_AUTH={"PEPPERS": {1: "short and secret"}}):
        assert not any("short and secret" in str(message) for message in run_checks())


def test_an_id_is_used_once_and_each_has_a_case_here():
    modules = [Path(module.__file__) for module in (project, scopes)]
    source = "".join(path.read_text(encoding="utf-8") for path in modules)
    used = re.findall(r'id=f"\{APP\}\.([EW]\d{3})"', source)
    assert len(used) == len(set(used))
    tested = {id_ for _, id_, _ in CASES} | {"E007", "E008", "E012", "W006"}
    assert set(used) | {"E001", "E002", "E003"} == tested
