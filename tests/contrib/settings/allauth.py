from __future__ import annotations

from tests.contrib.pages import paste

from .base import *  # noqa: F403

paste("allauth", globals())
INSTALLED_APPS += ["allauth.mfa"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
