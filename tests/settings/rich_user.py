from __future__ import annotations

from .base import *  # noqa: F403
from .base import INSTALLED_APPS

INSTALLED_APPS[INSTALLED_APPS.index("tests.projects.accounts")] = "tests.projects.rich_accounts"
AUTH_USER_MODEL = "rich_accounts.User"
