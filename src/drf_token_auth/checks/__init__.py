"""What ``manage.py check`` says about a project before its first request does.

Errors (``drf_token_auth.E…``) stop most commands, warnings (``W…``) do not. A module for each
subject; importing it registers its checks. No check raises, whatever a project has in its
settings: :func:`shared.check` sees to that.
"""

from __future__ import annotations

from . import (
    authenticators,
    code,
    neighbours,
    rest_framework,
    scopes,
    settings,
    token_model,
)

__all__ = [
    "authenticators",
    "code",
    "neighbours",
    "rest_framework",
    "scopes",
    "settings",
    "token_model",
]
