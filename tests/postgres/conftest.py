"""Tests of features that only PostgreSQL has."""

from __future__ import annotations

from django.conf import settings

# The environments postgres… of tox.ini set DATABASE_URL, and run all of it.
if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    collect_ignore_glob = ["test_*.py"]
else:
    from django.db.backends.postgresql.psycopg_any import is_psycopg3

    if not is_psycopg3:
        # These are options of psycopg 3. All but one of the environments have it.
        collect_ignore_glob = ["test_drivers.py"]
