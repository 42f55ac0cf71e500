"""Packages that change all views of a project, and packages for impersonation."""

from __future__ import annotations

from typing import Any

from tests.settings.default_user import *  # noqa: F403

ROOT_URLCONF = "tests.contrib.test_any_project"
INSTALLED_APPS += [
    *("django_filters", "guardian", "rest_framework_json_api"),
    *("hijack", "loginas"),
]
MIDDLEWARE += ["hijack.middleware.HijackUserMiddleware"]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/home/"
REST_FRAMEWORK |= {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "drf_token_auth.authentication.ExpiringTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
}


def CAN_LOGIN_AS(request: Any, target: Any) -> bool:
    return bool(request.user.is_superuser)
