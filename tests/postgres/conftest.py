"""Tests of features that only PostgreSQL has."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

# The environments postgres… of tox.ini set DATABASE_URL. They run these tests.
if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    collect_ignore_glob = ["test_*.py"]

    def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
        # pytest collects an ignored file if the command line names it.
        if any(Path(__file__).parent in item.path.parents for item in items):
            raise pytest.UsageError(
                "tests/postgres needs PostgreSQL. Set DATABASE_URL as CONTRIBUTING.md shows."
            )

else:
    from django.db.backends.postgresql.psycopg_any import is_psycopg3

    if not is_psycopg3:
        # The options in test_drivers.py exist only in psycopg 3. One environment has psycopg 2.
        collect_ignore_glob = ["test_drivers.py"]
