from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import models
from django.test import override_settings
from django.test.utils import isolate_apps

import drf_token_auth
from drf_token_auth.checks import token_model
from drf_token_auth.managers import TokenManager, TokenQuerySet

# Django's own check of a JSONField on SQLite asks the database once.
pytestmark = pytest.mark.django_db

OURS = "drf_token_auth.authentication.ExpiringTokenAuthentication"
BASIC = "rest_framework.authentication.BasicAuthentication"
SESSION = "rest_framework.authentication.SessionAuthentication"
PEPPER = "p" * 32


def ids(*, deploy: bool = False) -> set[str]:
    found = run_checks(include_deployment_checks=deploy)
    return {message.id for message in found if message.id.startswith("drf_token_auth.")}


def default_authenticators(*names: str) -> dict[str, Any]:
    return {"REST_FRAMEWORK": {"DEFAULT_AUTHENTICATION_CLASSES": list(names)}}


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
    ({"DRF_TOKEN_AUTH_TOKEN_MODEL": "accounts..Key"}, "E005", False),
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


def test_a_sound_project_has_no_messages():
    assert ids() == set()
    with override_settings(SECURE_SSL_REDIRECT=True):
        assert ids(deploy=True) == set()


def test_the_order_matters_only_if_our_authenticator_is_in_the_list():
    with override_settings(**default_authenticators(SESSION)):
        assert ids() == {"drf_token_auth.W008"}
    with override_settings(**default_authenticators(OURS, SESSION)):
        assert ids() == set()


@isolate_apps("django.contrib.sessions")
def test_a_foreign_key_to_the_swapped_out_model_is_found_before_djangos_traceback(monkeypatch):
    class Note(models.Model):
        token = models.ForeignKey("drf_token_auth.Token", models.CASCADE)

        class Meta:
            app_label = "sessions"

    class Swapped(drf_token_auth.base_models.AbstractToken):
        class Meta:
            app_label = "sessions"

    monkeypatch.setattr(token_model.apps, "get_models", lambda: [Note])
    [message] = token_model.foreign_keys(Swapped)
    assert message.id == "drf_token_auth.E007"
    assert "settings.DRF_TOKEN_AUTH_TOKEN_MODEL" in message.hint


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (models.OneToOneField("auth.User", models.CASCADE, related_name="+"), "user is unique"),
        (
            models.ForeignKey("auth.User", models.CASCADE, to_field="username", related_name="+"),
            "user holds the user's username",
        ),
    ],
)
def test_a_user_column_that_cannot_work_is_found(column, said):
    meta = type("Meta", (), {"app_label": "sessions"})
    body = {"__module__": __name__, "Meta": meta, "user": column}
    with isolate_apps("django.contrib.auth", "django.contrib.contenttypes"):

        class User(models.Model):
            username = models.CharField(max_length=9, unique=True)

            class Meta:
                app_label = "auth"

        model = type("ApiToken", (drf_token_auth.base_models.AbstractToken,), body)
        [message] = token_model.user_column(model)
    assert message.id == "drf_token_auth.E022"
    assert said in message.msg
    assert "MAX_TOKENS_PER_USER" in message.hint


def test_the_user_column_of_the_abstract_model_is_right():
    assert list(token_model.user_column(drf_token_auth.get_token_model())) == []


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ({"active": models.Manager()}, ["drf_token_auth.E020"]),
        ({"objects": models.Manager()}, ["drf_token_auth.E020"]),
        ({"objects": TokenManager(), "active": models.Manager()}, []),
        ({"active": TokenQuerySet.as_manager()}, []),
        ({}, []),
    ],
)
def test_a_default_manager_without_our_methods_is_found(declared, found):
    meta = type("Meta", (), {"app_label": "sessions"})
    body = {"__module__": __name__, "Meta": meta, **declared}
    with isolate_apps("django.contrib.sessions"):
        model = type("ApiToken", (drf_token_auth.base_models.AbstractToken,), body)
    messages = list(token_model.manager(model))
    assert [one.id for one in messages] == found
    for message in messages:
        assert f"sessions.ApiToken.{next(iter(declared))} is the default manager" in message.msg
        assert "objects = TokenManager() as the first" in message.hint


def test_the_command_stops_at_a_misspelt_name_and_says_the_right_one():
    with (
        override_settings(DRF_TOKEN_AUTH={"IDLE_TIMOUT": None}),
        pytest.raises(SystemCheckError, match="Did you mean 'IDLE_TIMEOUT'"),
    ):
        call_command("check", stdout=io.StringIO(), stderr=io.StringIO())


def test_no_message_shows_a_secret():
    with override_settings(DRF_TOKEN_AUTH={"PEPPERS": {1: "short and secret"}}):
        assert not any("short and secret" in str(message) for message in run_checks())


class TokensElsewhere:
    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "tokens" if model is drf_token_auth.get_token_model() else None


class AllInOne:
    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "other"


def test_tokens_and_users_in_different_databases_are_found():
    with override_settings(DATABASE_ROUTERS=[TokensElsewhere()]):
        [message] = token_model.check_token_model()
    assert message.id == "drf_token_auth.E018"
    assert "into the database 'tokens'" in message.msg
    assert "return 'default' for the app" in message.hint
    with override_settings(DATABASE_ROUTERS=[AllInOne()]):
        assert token_model.check_token_model() == []
