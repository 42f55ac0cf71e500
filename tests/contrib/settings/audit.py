"""A project with packages that copy rows. django-pghistory is missing: it needs PostgreSQL."""

from __future__ import annotations

from tests.settings.default_user import *  # noqa: F403

INSTALLED_APPS += ["auditlog", "easyaudit", "import_export", "reversion", "simple_history"]
ROOT_URLCONF = "tests.urls"
