"""Mistakes in ``REST_FRAMEWORK`` that make DRF fail before a check can report them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import SystemCheckError

from .rules import show

__all__ = [
    "LINE",
    "OURS",
    "SETTING",
    "not_a_text",
    "require_readable",
    "require_texts",
    "unreadable",
]

OURS = "drf_token_auth.authentication.ExpiringTokenAuthentication"
SETTING = 'REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"]'
LINE = f'Write REST_FRAMEWORK = {{"DEFAULT_AUTHENTICATION_CLASSES": ["{OURS}"]}}.'
# A class, and right behind it the beginning of another path: Python has joined two texts.
_JOINED = re.compile(
    r"(?P<first>[a-z]\w*(?:\.\w+)*\.[A-Z]\w*?)"
    r"(?P<second>(?:drf_token_auth|rest_framework\w*|knox|durin|oauth2_provider|dj_rest_auth)\..+)"
)

# One of our classes, but not in the module that has it.
_ELSEWHERE = re.compile(
    r"drf_token_auth(?!\.authentication\.)(?:\.\w+)?\.(?P<name>(?:Expiring|Bearer)?TokenAuthentication)"
)


def require_readable() -> None:
    """Raise ImproperlyConfigured for mistakes that make DRF fail with an error of its own.

    Called at start-up, because the project's URLs import DRF's views before the checks run.
    """
    for message, hint in unreadable():
        raise ImproperlyConfigured(f"{message} {hint}")


def require_texts() -> None:
    """Raise SystemCheckError for entries that are not texts, before DRF fails on them.

    Called by our URLs. ``manage.py`` shows this error without a traceback.
    """
    for entry in _listed():
        if not isinstance(entry, str):
            raise SystemCheckError(" ".join(not_a_text(entry)))


def unreadable() -> list[tuple[str, str]]:
    configured = getattr(settings, "REST_FRAMEWORK", {})
    if not isinstance(configured, Mapping):
        return [(f"REST_FRAMEWORK must be a dict, but it is {show(configured)}.", LINE)]
    found = (_joined(entry) or _misplaced(entry) for entry in _listed() if isinstance(entry, str))
    return [each for each in found if each is not None]


def not_a_text(entry: Any) -> tuple[str, str]:
    message = f"{SETTING} has the entry {show(entry)}, which is not a dotted path."
    if isinstance(entry, type):
        return message, f'Write "{entry.__module__}.{entry.__qualname__}".'
    return message, LINE


def _listed() -> tuple[Any, ...]:
    configured = getattr(settings, "REST_FRAMEWORK", {})
    if not isinstance(configured, Mapping):
        return ()
    listed = configured.get("DEFAULT_AUTHENTICATION_CLASSES", ())
    return tuple(listed) if isinstance(listed, (list, tuple)) else ()


def _misplaced(entry: str) -> tuple[str, str] | None:
    match = _ELSEWHERE.fullmatch(entry)
    if match is None:
        return None
    return (
        f"{SETTING} has the entry {entry!r}, which does not exist.",
        f'Write "drf_token_auth.authentication.{match["name"]}".',
    )


def _joined(entry: str) -> tuple[str, str] | None:
    match = _JOINED.fullmatch(entry)
    if match is None:
        return None
    return (
        f"{SETTING} has the entry {entry!r}. A comma is missing between two classes.",
        f'Write "{match["first"]}", "{match["second"]}".',
    )
