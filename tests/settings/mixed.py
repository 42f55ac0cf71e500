"""All changes of ``no_tz``, ``uuid_user``, ``swapped`` and ``atomic`` together."""

from __future__ import annotations

from .base import *  # noqa: F403
from .base import DATABASES, INSTALLED_APPS

USE_TZ = False

INSTALLED_APPS[INSTALLED_APPS.index("tests.projects.accounts")] = "tests.projects.uuid_accounts"
AUTH_USER_MODEL = "uuid_accounts.User"

INSTALLED_APPS += ["tests.projects.apitokens"]
DRF_TOKEN_AUTH_TOKEN_MODEL = "apitokens.ApiToken"

DATABASES["default"]["ATOMIC_REQUESTS"] = True
