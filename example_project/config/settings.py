"""A small project that shows what drf-token-auth does.

It is a demonstration for your own machine. DEBUG is on, and the default SECRET_KEY and the password
of its user are public. The variable DATABASE_URL can name another database than SQLite.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from drf_token_auth.conf import TokenAuthSettings

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = os.environ.get("SECRET_KEY", "for the demonstration only: known to everyone")
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
TIME_ZONE = "UTC"
USE_TZ = True
LANGUAGE_CODE = "en"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    # This app comes before the pages, so its templates replace theirs.
    "web",
    "rest_framework",
    "drf_token_auth",
    "drf_token_auth.pages",
    "accounts",
    "notes",
]
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "token_pages:devices"
LOGOUT_REDIRECT_URL = "tour"

# The tour shows these to every visitor. demo.py makes the user.
DEMO_EMAIL = "demo@example.com"
DEMO_PASSWORD = "open-sesame-42"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# The four validators of startproject.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

if "DATABASE_URL" in os.environ:
    import dj_database_url

    DATABASES = {"default": dj_database_url.config()}
else:
    DATABASES = {
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}
    }

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "drf_token_auth.authentication.ExpiringTokenAuthentication",
    ],
    # A user must be logged in. A token with scopes needs "read" or "write".
    "DEFAULT_PERMISSION_CLASSES": ["drf_token_auth.permissions.HasScopes"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 20,
    "EXCEPTION_HANDLER": "config.errors.answer_with_code",
}
DRF_TOKEN_AUTH: TokenAuthSettings = {
    # The tour logs in often. Leave this line out of your own project: the default is stricter.
    "LOGIN_RATES": {"address": "120/min", "account": "60/min"},
    "SCOPES": {"read": _("Read your notes"), "write": _("Write and delete notes for you")},
}

# Show in the console what happens to tokens, and why a request is refused.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"drf_token_auth": {"handlers": ["console"], "level": "INFO"}},
}
