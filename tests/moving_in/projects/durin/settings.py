from __future__ import annotations

import os

SECRET_KEY = "of no other project, and thirty-two characters at least"
DEBUG = True
ROOT_URLCONF = "urls"
USE_TZ = True
# A fast hasher, because the tests log in often.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["DATABASE"],
        # The guide's refresh view must show the new expiry even inside a transaction.
        "ATOMIC_REQUESTS": True,
    },
}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "durin",
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "durin.auth.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}
