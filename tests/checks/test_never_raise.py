"""No check raises, whatever is in the settings that it reads."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import ERROR
from django.core.checks.registry import registry
from django.test import override_settings

from drf_token_auth.checks.neighbours import MODULES
from drf_token_auth.checks.shared import guarded
from drf_token_auth.conf.schema import RULES


class Hostile:
    """A value whose every method raises."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]
    __iter__ = __len__ = __bool__ = __call__ = __repr__  # type: ignore[assignment]


def a_function() -> None:
    raise RuntimeError


CLASSLESS = "tests.checks.test_never_raise.NoSuchClass"
SHAPES: dict[str, Any] = {
    "None": None,
    "a number": 5,
    "zero": 0,
    "True": True,
    "a text": "nonsense",
    "no text": "",
    "bytes": b"bytes",
    "a list": ["a", 1, None],
    "an empty list": [],
    "a tuple": ("nowhere.Nothing",),
    "a set": {1, 2},
    "a dict": {2: None},
    "an empty dict": {},
    "a class": Hostile,
    "a function": a_function,
    "an object": object(),
    "a class that cannot be imported": CLASSLESS,
    "a list of it": [CLASSLESS],
    "a list of lists": [["username"], [None], []],
}
OURS = [f"DRF_TOKEN_AUTH.{name}" for name in RULES]
DRFS = [
    "REST_FRAMEWORK",
    "REST_FRAMEWORK.DEFAULT_AUTHENTICATION_CLASSES",
    "REST_FRAMEWORK.DEFAULT_RENDERER_CLASSES",
]
DJANGOS = ["SECRET_KEY", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "ROOT_URLCONF"]
NEIGHBOURS = [
    *("DJOSER", "DJOSER.TOKEN_MODEL"),
    *("REST_AUTH", "REST_AUTH.TOKEN_MODEL", "REST_AUTH.TOKEN_CREATOR", "REST_AUTH.USE_JWT"),
    *("AXES_ENABLED", "AXES_USERNAME_CALLABLE", "AXES_USERNAME_FORM_FIELD"),
    *("AXES_LOCKOUT_PARAMETERS", "AUDITLOG_INCLUDE_ALL_MODELS"),
]
READ = ["DRF_TOKEN_AUTH", *OURS, "DRF_TOKEN_AUTH_TOKEN_MODEL", *DRFS, *DJANGOS, *NEIGHBOURS]


def ours() -> list[Callable[..., Any]]:
    registered = registry.get_checks(include_deployment_checks=True)
    neighbours = [import_module(f"drf_token_auth.contrib.{one}").find for one in MODULES.values()]
    found = [one for one in registered if one.__module__.startswith("drf_token_auth.")]
    return [*found, *map(guarded, dict.fromkeys(neighbours))]


def with_value(name: str, value: Any) -> Any:
    outer, _, inner = name.partition(".")
    changed = {inner: value} if inner else value
    if inner and outer == "REST_FRAMEWORK":
        changed = {**settings.REST_FRAMEWORK, **changed}
    return override_settings(**{outer: changed})


def messages_with(name: str, value: Any) -> list[Any]:
    with with_value(name, value):
        return [message for one in ours() for message in one()]


@pytest.fixture(autouse=True)
def neighbours(monkeypatch):
    """Run the checks as if axes, djoser and DRF were the only installed apps."""
    monkeypatch.setattr(
        "django.apps.apps.is_installed", lambda app: app in {"axes", "djoser", "rest_framework"}
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", READ)
def test_no_check_raises_and_a_broken_setting_is_at_most_one_error(name, shape):
    messages = messages_with(name, SHAPES[shape])
    assert [message for message in messages if message.id == "drf_token_auth.W010"] == []
    errors = [message for message in messages if message.level >= ERROR]
    assert len(errors) <= (3 if shape.startswith("a list") and name in DRFS else 1)
    for message in errors:
        # E013 is about the setting that axes lacks.
        assert name.split(".")[-1] in message.msg or message.id == "drf_token_auth.E013"
        assert message.hint


@pytest.mark.parametrize("name", READ)
def test_no_check_raises_for_an_object_whose_every_method_raises(name):
    assert isinstance(messages_with(name, Hostile()), list)


def test_a_missing_secret_key_adds_no_other_message(monkeypatch):
    monkeypatch.setattr(settings, "SECRET_KEY", "")
    messages = messages_with("DRF_TOKEN_AUTH.PEPPERS", {1: "p" * 32})
    assert [message for message in messages if message.id[-4:] not in {"W004", "E013"}] == []


def test_an_exception_in_a_check_becomes_a_message():
    def check_that_fails():
        raise KeyError("secret")
        yield

    [message] = guarded(check_that_fails)()
    assert message.id == "drf_token_auth.W010"
    assert "check_that_fails could not finish: it raised KeyError." in message.msg
    assert "secret" not in message.msg


def test_each_check_is_guarded():
    guard = guarded(a_function).__code__
    assert [one for one in ours() if one.__code__ is not guard] == []
