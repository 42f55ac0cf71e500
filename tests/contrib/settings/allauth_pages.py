"""The pages on a site whose users log in with allauth."""

from __future__ import annotations

from .base import *  # noqa: F403

ROOT_URLCONF = "tests.contrib.allauth_pages_urls"
INSTALLED_APPS += ["allauth", "allauth.account", "allauth.mfa", "allauth.usersessions"]
MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
USERSESSIONS_ADAPTER = "drf_token_auth.contrib.usersessions.UserSessionsAdapter"
LOGIN_URL = "account_login"
REST_FRAMEWORK = {
    **REST_FRAMEWORK,
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "drf_token_auth.authentication.ExpiringTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
}
