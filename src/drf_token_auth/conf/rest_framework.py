"""Mistakes in ``REST_FRAMEWORK`` that make DRF fail before a check can report them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import SystemCheckError
from django.utils.module_loading import import_string

from .rules import show

OURS = "drf_token_auth.authentication.ExpiringTokenAuthentication"
_BEARER = "drf_token_auth.authentication.BearerTokenAuthentication"
SETTING = 'REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"]'
# The path of a class, directly followed by another path. Without a comma, Python joins two texts.
_JOINED = re.compile(
    r"(?P<first>[a-z]\w*(?:\.\w+)*\.[A-Z]\w*?)"
    r"(?P<second>(?:drf_token_auth|rest_framework\w*|knox|durin|oauth2_provider|dj_rest_auth)\..+)"
)


def drf_settings() -> Mapping[str, Any]:
    """Return REST_FRAMEWORK.

    :raises ImproperlyConfigured: it is not a dict.
    """
    everything = getattr(settings, "REST_FRAMEWORK", {})
    if isinstance(everything, Mapping):
        return everything
    raise ImproperlyConfigured(
        f"REST_FRAMEWORK must be a dict, but it is {show(everything)}. {write_ours()}"
    )


def _entries() -> list[Any] | tuple[Any, ...]:
    listed = drf_settings().get("DEFAULT_AUTHENTICATION_CLASSES")
    return listed if isinstance(listed, (list, tuple)) else ()


def require_readable() -> None:
    """Raise ImproperlyConfigured if REST_FRAMEWORK is no dict, or lacks a comma between classes.

    Called at start-up, because the project's models or URLs may import DRF before the checks run.
    DRF's own errors for these mistakes do not say what to write.
    """
    for entry in _entries():
        match = _JOINED.fullmatch(entry) if isinstance(entry, str) else None
        if match:
            raise ImproperlyConfigured(
                f"{SETTING} has the entry {entry!r}. A comma is missing between two classes. "
                f'Write "{match["first"]}", "{match["second"]}".'
            )


def require_classes() -> None:
    """Raise SystemCheckError for the first entry that DRF cannot use, before DRF itself fails.

    Called by our URLs. ``manage.py`` shows this error without a traceback.
    """
    for entry in _entries():
        wrong = wrong_entry(entry)
        if wrong is not None:
            raise SystemCheckError(" ".join(wrong))


def write_ours() -> str:
    """Return the line to write. It keeps the other entries of REST_FRAMEWORK, if there are any."""
    if isinstance(getattr(settings, "REST_FRAMEWORK", None), Mapping):
        return f'Write {SETTING} = ["{OURS}"].'
    return f'Write REST_FRAMEWORK = {{"DEFAULT_AUTHENTICATION_CLASSES": ["{OURS}"]}}.'


def wrong_entry(entry: Any) -> tuple[str, str] | None:
    """Return what is wrong with an entry of the setting and what to write, or None."""
    if not isinstance(entry, str):
        message = f"{SETTING} has the entry {show(entry)}, which is not a dotted path."
        if isinstance(entry, type):
            return message, f'Write "{entry.__module__}.{entry.__qualname__}".'
        return message, write_ours()
    try:
        found = import_string(entry)
        if hasattr(found, "authenticate") or (callable(found) and not isinstance(found, type)):
            return None
        reason = "is not an authenticator: it has no authenticate()"
    except Exception as failure:  # noqa: BLE001 -- a project's module may run any code
        reason = f"cannot be imported: {type(failure).__name__}: {failure}"
    near = [OURS] if entry in OURS else get_close_matches(entry, [OURS, _BEARER], 1, cutoff=0.75)
    hint = f"Did you mean {near[0]!r}?" if near else "Correct the path, or delete the entry."
    return f"{SETTING} has the entry {entry!r}, which {reason}.", hint
