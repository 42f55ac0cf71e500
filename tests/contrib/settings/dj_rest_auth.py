from __future__ import annotations

from tests.contrib.pages import paste

from .base import *  # noqa: F403

paste("dj-rest-auth", globals())
# allauth's, for the registration.
INSTALLED_APPS += ["django.contrib.sites"]
MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
SITE_ID = 1
