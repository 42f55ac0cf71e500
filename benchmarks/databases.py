"""Make databases for a run of a benchmark, and drop them afterwards."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_serial = itertools.count(1)

# Server-side prepared statements, which docs/topics/performance.md recommends.
PREPARED = {"server_side_binding": True, "prepare_threshold": 5}


@contextmanager
def new(kind: str, template: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """Yield a database, empty or a copy of another, as an entry of Django's ``DATABASES``.

    Name the PostgreSQL server with libpq's variables: PGHOST, PGPORT, PGUSER, PGPASSWORD. The role
    needs the right to create databases.
    """
    name = f"drf_token_auth_bench_{os.getpid()}_{next(_serial)}"
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix=name) as folder:
            yield {"ENGINE": "django.db.backends.sqlite3", "NAME": str(Path(folder) / "db.sqlite3")}
        return
    copied = "template1" if template is None else template["NAME"]
    _maintain(f'CREATE DATABASE "{name}" TEMPLATE "{copied}"')
    try:
        yield {"ENGINE": "django.db.backends.postgresql", "NAME": name}
    finally:
        _maintain(f'DROP DATABASE "{name}" WITH (FORCE)')


def _maintain(statement: str) -> None:
    import psycopg

    dbname = os.environ.get("PGDATABASE", "postgres")
    with psycopg.connect(dbname=dbname, autocommit=True) as connection:
        connection.execute(statement)


def with_options(database: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {**database, "OPTIONS": {**database.get("OPTIONS", {}), **options}}
