"""Functions that the checks share: register a check, and make its messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, register
from django.core.exceptions import ImproperlyConfigured

from .. import conf, get_token_model
from ..base_models import AbstractToken

__all__ = [
    "Messages",
    "check",
    "error",
    "guarded",
    "path_of",
    "settings_in_force",
    "token_model_in_force",
    "warning",
]

APP = "drf_token_auth"
Messages = Iterator[CheckMessage]


def check(tag: str, *, deploy: bool = False) -> Callable[[Callable[[], Messages]], Any]:
    """Register a generator of messages as a check. An exception in it becomes a message too."""

    def register_guarded(function: Callable[[], Messages]) -> Any:
        return register(tag, deploy=deploy)(guarded(function))

    return register_guarded


def guarded(function: Callable[[], Messages]) -> Callable[..., list[CheckMessage]]:
    """Return a check that never raises: a wrong setting must not stop ``manage.py``."""

    def run(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
        try:
            return list(function())
        except Exception as failure:  # noqa: BLE001 -- settings and URLs may run any code
            return [
                warning(
                    "W010",
                    f"{function.__module__}.{function.__name__} could not finish: it raised "
                    f"{type(failure).__name__}.",
                    hint="Correct the other messages first. If this one stays, report it as a bug.",
                )
            ]

    run.__name__, run.__doc__ = function.__name__, function.__doc__
    return run


def error(id_: str, message: str, hint: str, obj: Any = None) -> CheckMessage:
    return checks.Error(message, hint=hint, obj=obj, id=f"{APP}.{id_}")


def warning(id_: str, message: str, hint: str, obj: Any = None) -> CheckMessage:
    return checks.Warning(message, hint=hint, obj=obj, id=f"{APP}.{id_}")


def settings_in_force() -> conf.Settings | None:
    """Return our settings, or None if E001 to E003 report mistakes in them."""
    try:
        return conf.get_settings()
    except ImproperlyConfigured:
        return None


def token_model_in_force() -> type[AbstractToken] | None:
    """Return the token model, or None if E005 or E006 reports a mistake in it."""
    try:
        model = get_token_model()
    except ImproperlyConfigured:
        return None
    return model if issubclass(model, AbstractToken) else None


def path_of(one: Any) -> str:
    """Return the dotted path of a class or function."""
    name = getattr(one, "__qualname__", type(one).__qualname__)
    return f"{getattr(one, '__module__', type(one).__module__)}.{name}"
