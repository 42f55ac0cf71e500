"""What the checks have in common."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from .. import conf

__all__ = ["APP", "readable"]

APP = "drf_token_auth"


def readable() -> conf.Settings | None:
    """The settings, or None where E001 to E003 have to be put right first."""
    try:
        return conf.get_settings()
    except ImproperlyConfigured:
        return None
