from __future__ import annotations

from .dj_rest_auth import *  # noqa: F403

INSTALLED_APPS += ["rest_framework.authtoken"]
REST_FRAMEWORK |= {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "drf_token_auth.authentication.ExpiringTokenAuthentication",
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
}
DRF_TOKEN_AUTH = {"UNKNOWN_KEYS": "pass"}
