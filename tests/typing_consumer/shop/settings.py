from __future__ import annotations

from datetime import timedelta

from drf_token_auth.conf import TokenAuthSettings

SECRET_KEY = "for the type checkers only"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "drf_token_auth",
    "shop",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DRF_TOKEN_AUTH_TOKEN_MODEL = "shop.ApiToken"
DRF_TOKEN_AUTH: TokenAuthSettings = {
    "TTL": timedelta(hours=1),
    "PERSONAL_TTL": None,
    "WHEN_FULL": "reject",
    "LOGIN_RATES": {"address": None, "account": "5/min"},
}

# A type checker reports these mistakes earlier than the checks do.
misspelt: TokenAuthSettings = {"TTTL": None}  # type: ignore[typeddict-unknown-key]
mistyped: TokenAuthSettings = {"TTL": 3600}  # type: ignore[typeddict-item]
mischosen: TokenAuthSettings = {"WHEN_FULL": "evict"}  # type: ignore[typeddict-item]
