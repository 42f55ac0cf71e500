"""Packages that record every row, all together."""

from __future__ import annotations

from tests.settings.default_user import *  # noqa: F403

INSTALLED_APPS += ["auditlog", "easyaudit", "import_export", "reversion", "simple_history"]
ROOT_URLCONF = "tests.urls"
