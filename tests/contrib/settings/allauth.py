from __future__ import annotations

from tests.contrib.pages import paste

from .base import *  # noqa: F403

paste("allauth", globals())
ACCOUNT_EMAIL_VERIFICATION = "none"
INSTALLED_APPS += ["allauth.mfa"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
