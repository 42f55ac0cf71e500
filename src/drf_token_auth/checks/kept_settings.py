"""Find settings that have no effect.

They come from a tutorial or another package, or they are ours but outside ``DRF_TOKEN_AUTH``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.checks import Tags

from ..conf import SETTING
from ..conf.names import our_name
from ..conf.rest_framework import drf_settings
from ..conf.rules import as_timedelta, show
from ..conf.schema import RULES
from .rest_framework import default_authenticators
from .served import served_views
from .shared import Messages, check, warning

# Settings of other packages and of tutorials. The value is the package that reads the setting, or
# an empty text for a tutorial.
KEPT = {
    "EXPIRING_TOKEN_LIFESPAN": "rest_framework_expiring_authtoken",
    "TOKEN_EXPIRED_AFTER_SECONDS": "",
    "TOKEN_TTL": "",
    "TOKEN_LIMIT_PER_USER": "",
    "ACCESS_TOKEN_LIFETIME": "",
    "REFRESH_TOKEN_LIFETIME": "",
    "JWT_AUTH": "rest_framework_jwt",
    "REST_DURIN": "durin",
    "REST_KNOX": "knox",
    "SIMPLE_JWT": "rest_framework_simplejwt",
}
_DEFAULT = '"TTL": timedelta(days=14)'


@check(Tags.security)
def check_kept_settings() -> Messages:
    """W016: a setting has no effect on tokens, because no imported package reads it."""
    # Import what the project uses, because a setting is not reported if its package is imported.
    served_views()
    default_authenticators()
    for place, name, value in _without_effect():
        is_group = isinstance(value, Mapping) and name not in RULES
        values = value if is_group else {name: value}
        entries = dict(filter(None, (_in_our_form(*entry) for entry in values.items())))
        written = ", ".join(f'"{ours}": {text}' for ours, text in entries.items())
        yield warning(
            "W016",
            f"drf_token_auth does not read {place}, so it has no effect on tokens.",
            f"Write {SETTING} = {{{written or _DEFAULT}}}, and delete {place}.",
        )


def _without_effect() -> Iterator[tuple[str, str, Any]]:
    """Yield the place, the name and the value of each setting that has no effect."""
    kept = [name for name, package in KEPT.items() if package not in sys.modules]
    # The project may use a name of one word, such as TTL, for itself. Do not report such a name.
    for name in (*kept, *(name for name in RULES if "_" in name)):
        if hasattr(settings, name):
            yield name, name, getattr(settings, name)
    for name, value in drf_settings().items():
        if name == SETTING or name in RULES:
            yield f'REST_FRAMEWORK["{name}"]', name, value


def _in_our_form(name: Any, value: Any) -> tuple[str, str] | None:
    """Return our name for a setting and the value to write, or None to leave the setting out."""
    if name in RULES:
        return name, "…" if name == "PEPPERS" else show(value)  # Peppers are secret.
    ours = our_name(name)
    if ours == "MAX_TOKENS_PER_USER":
        return ours, show(value)
    span = as_timedelta(value) if ours == "TTL" else None
    return ("TTL", span) if span else None
