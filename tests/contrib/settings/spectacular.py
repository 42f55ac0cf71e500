from __future__ import annotations

from tests.contrib.pages import paste

from .base import *  # noqa: F403

paste("drf-spectacular", globals())
INSTALLED_APPS += ["rest_framework.authtoken"]
# A project that moves from DRF's tokens accepts them beside the tokens of this package.
REST_FRAMEWORK |= {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "drf_token_auth.authentication.ExpiringTokenAuthentication",
        "drf_token_auth.authentication.BearerTokenAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ],
}
