from __future__ import annotations

from tests.contrib.pages import paste

from .base import *  # noqa: F403

paste("drf-spectacular", globals())
INSTALLED_APPS += ["rest_framework.authtoken"]
# The tokens of this package, and those of DRF as during a migration.
REST_FRAMEWORK |= {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "drf_token_auth.authentication.ExpiringTokenAuthentication",
        "drf_token_auth.authentication.BearerTokenAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ],
}
