"""Checks that find a project's mistakes before its first request does.

Errors (``drf_token_auth.E…``) stop most commands. Warnings (``W…``) do not. Each module has the
checks of one subject, and importing the module registers them. No check raises, even if a setting
has an impossible value: :func:`shared.check` catches every exception.
"""

from __future__ import annotations

from . import (
    admins,
    authenticators,
    code,
    drfs_tokens,
    neighbours,
    rest_framework,
    routes,
    scopes,
    serializers,
    settings,
    token_model,
)

__all__ = [
    "admins",
    "authenticators",
    "code",
    "drfs_tokens",
    "neighbours",
    "rest_framework",
    "routes",
    "scopes",
    "serializers",
    "settings",
    "token_model",
]
