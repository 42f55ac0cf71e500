"""Users who log in by their address."""

from __future__ import annotations

from .axes import *  # noqa: F403

INSTALLED_APPS += ["tests.projects.accounts"]
AUTH_USER_MODEL = "accounts.User"
