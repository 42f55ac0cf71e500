"""Mistakes in ``REST_FRAMEWORK`` that make DRF fail before a check can report them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import SystemCheckError
from django.utils.module_loading import import_string

from .rules import show

__all__ = [
    "OURS",
    "SETTING",
    "require_classes",
    "require_readable",
    "unreadable",
    "write_ours",
    "wrong_entry",
]

OURS = "drf_token_auth.authentication.ExpiringTokenAuthentication"
SETTING = 'REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"]'
# The paths that a hint can suggest for a misspelt path.
_KNOWN = [
    OURS,
    "drf_token_auth.authentication.BearerTokenAuthentication",
    "drf_token_auth.authentication.TokenAuthentication",
    "rest_framework.authentication.SessionAuthentication",
    "rest_framework.authentication.BasicAuthentication",
    "rest_framework.authentication.TokenAuthentication",
]
# The path of a class, directly followed by another path. Without a comma, Python joins two texts.
_JOINED = re.compile(
    r"(?P<first>[a-z]\w*(?:\.\w+)*\.[A-Z]\w*?)"
    r"(?P<second>(?:drf_token_auth|rest_framework\w*|knox|durin|oauth2_provider|dj_rest_auth)\..+)"
)


def require_readable() -> None:
    """Raise ImproperlyConfigured for mistakes that make DRF fail with an error of its own.

    Called at start-up, because the project's URLs import DRF's views before the checks run.
    """
    for message, hint in unreadable():
        raise ImproperlyConfigured(f"{message} {hint}")


def require_classes() -> None:
    """Raise SystemCheckError for entries that are not dotted paths of classes, before DRF fails.

    Called by our URLs. ``manage.py`` shows this error without a traceback.
    """
    for entry in _listed():
        wrong = wrong_entry(entry)
        if wrong is not None:
            raise SystemCheckError(" ".join(wrong))


def write_ours() -> str:
    """Return the line to write. It keeps what else is in REST_FRAMEWORK, such as permissions."""
    if isinstance(getattr(settings, "REST_FRAMEWORK", None), Mapping):
        return f'Write {SETTING} = ["{OURS}"].'
    return f'Write REST_FRAMEWORK = {{"DEFAULT_AUTHENTICATION_CLASSES": ["{OURS}"]}}.'


def unreadable() -> list[tuple[str, str]]:
    configured = getattr(settings, "REST_FRAMEWORK", {})
    if not isinstance(configured, Mapping):
        return [(f"REST_FRAMEWORK must be a dict, but it is {show(configured)}.", write_ours())]
    return [found for found in map(_joined, _listed()) if found is not None]


def wrong_entry(entry: Any) -> tuple[str, str] | None:
    """Return what is wrong with an entry of the setting and what to write, or None."""
    if not isinstance(entry, str):
        message = f"{SETTING} has the entry {show(entry)}, which is not a dotted path."
        if isinstance(entry, type):
            return message, f'Write "{entry.__module__}.{entry.__qualname__}".'
        return message, write_ours()
    try:
        found = import_string(entry)
        if isinstance(found, type) and not hasattr(found, "authenticate"):
            reason = "is not an authenticator: it has no authenticate()"
        elif callable(found):
            return None
        else:
            reason = "is not a class"
    except Exception as failure:  # noqa: BLE001 -- a project's module may run any code
        reason = f"cannot be imported: {type(failure).__name__}: {failure}"
    near = _near(entry)
    hint = f"Did you mean {near!r}?" if near else "Correct the path, or delete the entry."
    return f"{SETTING} has the entry {entry!r}, which {reason}.", hint


def _near(entry: str) -> str | None:
    name = entry.strip().rpartition(".")[2]
    same_class = [one for one in _KNOWN if one.endswith(f".{name}")]
    near = same_class or difflib.get_close_matches(entry, _KNOWN, n=1, cutoff=0.8)
    if near:
        return near[0]
    return OURS if entry.startswith("drf_token_auth") else None


def _listed() -> tuple[Any, ...]:
    configured = getattr(settings, "REST_FRAMEWORK", {})
    listed = configured.get("DEFAULT_AUTHENTICATION_CLASSES", ())
    return tuple(listed) if isinstance(listed, (list, tuple)) else ()


def _joined(entry: Any) -> tuple[str, str] | None:
    match = _JOINED.fullmatch(entry) if isinstance(entry, str) else None
    if match is None:
        return None
    return (
        f"{SETTING} has the entry {entry!r}. A comma is missing between two classes.",
        f'Write "{match["first"]}", "{match["second"]}".',
    )
