"""The project that the soak test serves. DATABASE_URL names its database."""

from __future__ import annotations

from datetime import timedelta

import dj_database_url

SECRET_KEY = "for the soak test only"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.soak.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_token_auth",
]
DATABASES = {"default": dj_database_url.config(conn_max_age=60, conn_health_checks=True)}
# A fast hasher, because the clients log in often.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["drf_token_auth.authentication.ExpiringTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}
DRF_TOKEN_AUTH = {
    "IDLE_TIMEOUT": timedelta(hours=1),
    # Both are short, so that writes and expired grace periods happen all the time.
    "LAST_USED_INTERVAL": timedelta(seconds=0.2),
    "ROTATION_GRACE": timedelta(seconds=4),
    "LOGIN_RATES": None,
}
