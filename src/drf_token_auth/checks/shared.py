"""Functions that the checks share: register a check, and make its messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, register
from django.core.exceptions import ImproperlyConfigured

APP = "drf_token_auth"
Messages = Iterator[CheckMessage]


def check(tag: str, *, deploy: bool = False) -> Callable[[Callable[[], Messages]], Any]:
    """Register a generator of messages as a check."""
    return lambda function: register(tag, deploy=deploy)(guarded(function))


def guarded(function: Callable[[], Messages]) -> Callable[..., list[CheckMessage]]:
    """Return a check that never raises: a wrong setting must not stop ``manage.py``.

    It reports each message once, even if several views cause it.
    """

    def run(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
        found: list[CheckMessage] = []
        try:
            for message in function():
                if message not in found:
                    found.append(message)
        except ImproperlyConfigured:
            pass  # Another check reports the setting, or Django does.
        except Exception as failure:  # noqa: BLE001 -- settings and URLs may run any code
            found.append(
                warning(
                    "W010",
                    f"{function.__module__}.{function.__name__} could not finish: it raised "
                    f"{type(failure).__name__}.",
                    "Correct what the other messages report. If this one stays, report a bug.",
                )
            )
        return found

    run.__name__, run.__doc__ = function.__name__, function.__doc__
    return run


def error(id_: str, message: str, hint: str) -> CheckMessage:
    return checks.Error(message, hint=hint, id=f"{APP}.{id_}")


def warning(id_: str, message: str, hint: str) -> CheckMessage:
    return checks.Warning(message, hint=hint, id=f"{APP}.{id_}")


def path_of(one: Any) -> str:
    """Return the dotted path of a class or function."""
    name = getattr(one, "__qualname__", type(one).__qualname__)
    return f"{getattr(one, '__module__', type(one).__module__)}.{name}"
