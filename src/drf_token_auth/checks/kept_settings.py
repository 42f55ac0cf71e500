"""Find settings that have no effect.

They come from a tutorial or another package, or they are ours but outside ``DRF_TOKEN_AUTH``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.checks import Tags

from ..conf import SETTING
from ..conf.rules import show
from ..conf.schema import RULES
from .rest_framework import default_authenticators
from .served import served_views
from .shared import Messages, check, warning

# Settings of other packages and of tutorials. The value is the package that reads the setting.
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
# Our name for the lifetime or the limit in these settings.
_MEANT = {
    "EXPIRING_TOKEN_LIFESPAN": "TTL",
    "TOKEN_EXPIRED_AFTER_SECONDS": "TTL",
    "TOKEN_TTL": "TTL",
    "DEFAULT_TOKEN_TTL": "TTL",
    "ACCESS_TOKEN_LIFETIME": "TTL",
    "REFRESH_TOKEN_LIFETIME": "TTL",
    "JWT_EXPIRATION_DELTA": "TTL",
    "TOKEN_LIMIT_PER_USER": "MAX_TOKENS_PER_USER",
}


@check(Tags.security)
def check_kept_settings() -> Messages:
    """W016: a setting of another package or a tutorial has no effect here."""
    # A setting of an imported package has an effect. These calls import what the project uses.
    served_views()
    default_authenticators()
    for place, name, value in _without_effect():
        is_group = isinstance(value, Mapping) and name not in RULES
        values = value if is_group else {name: value}
        entries = {ours: text for ours, text in map(_in_our_form, values.items()) if ours}
        written = [f'"{ours}": {text}' for ours, text in entries.items()]
        inner = ", ".join(written) or '"TTL": timedelta(days=14)'
        yield warning(
            "W016",
            f"drf_token_auth does not read {place}, so it has no effect on tokens.",
            f"Write {SETTING} = {{{inner}}}, and delete {place}.",
        )


def _without_effect() -> Iterator[tuple[str, str, Any]]:
    """Yield for each such setting where it is written, its name and its value."""
    kept = [name for name, package in KEPT.items() if package not in sys.modules]
    # A name of one word, such as TTL, may be a setting of the project.
    for name in (*kept, *(name for name in RULES if "_" in name)):
        if hasattr(settings, name):
            yield name, name, getattr(settings, name)
    drfs = getattr(settings, "REST_FRAMEWORK", None)
    for name, value in drfs.items() if isinstance(drfs, Mapping) else ():
        if name == SETTING or name in RULES:
            yield f'REST_FRAMEWORK["{name}"]', name, value


def _in_our_form(entry: tuple[Any, Any]) -> tuple[str, str]:
    """Return our name for a setting and the value to write. The name is empty if we have none."""
    name, value = entry
    ours = _MEANT.get(name, name if name in RULES else "")
    if not ours:
        return "", ""
    if ours == "PEPPERS":
        return ours, "…"  # Peppers are secret.
    if ours == "TTL" and value is not None and not isinstance(value, timedelta):
        is_number = str(name).endswith("SECONDS") and isinstance(value, int)
        return ours, f"timedelta(seconds={value})" if is_number else "timedelta(days=14)"
    return ours, show(value)
