"""A project whose users log in with their e-mail address."""

from __future__ import annotations

from .axes import *  # noqa: F403

INSTALLED_APPS += ["tests.projects.accounts"]
AUTH_USER_MODEL = "accounts.User"
