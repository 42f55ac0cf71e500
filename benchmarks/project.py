"""The Django project of a measured package: the package, Django's auth and sessions, and DRF."""

from __future__ import annotations

from typing import Any

from . import packages

# The middleware of startproject, for `requests --middleware startproject`.
STARTPROJECT_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


def configure(
    package: str,
    database: dict[str, Any],
    middleware: list[str] | None = None,
    settings: dict[str, Any] | None = None,
) -> None:
    """Make this process a Django project with one of the packages, or with several: ``a+b``.

    With several packages, the project authenticates with the first.
    """
    import django
    from django.conf import settings as django_settings

    every = [packages.BY_NAME[name] for name in package.split("+")]
    chosen = every[0]
    django_settings.configure(
        **{
            "SECRET_KEY": "a secret key of the benchmarks, long enough for HMAC-SHA-256",
            "ALLOWED_HOSTS": ["*"],
            "DATABASES": {"default": database},
            "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
            "INSTALLED_APPS": [
                "django.contrib.auth",
                "django.contrib.contenttypes",
                "django.contrib.sessions",
                "rest_framework",
                *(app for one in every for app in one.apps),
            ],
            "MIDDLEWARE": chosen.middleware if middleware is None else middleware,
            "REST_FRAMEWORK": {
                "DEFAULT_AUTHENTICATION_CLASSES": [chosen.authenticator],
                "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
            },
            "ROOT_URLCONF": "benchmarks.urls",
            "USE_TZ": True,
            **{name: value for one in every for name, value in one.settings.items()},
            **(settings or {}),
        }
    )
    django.setup()
