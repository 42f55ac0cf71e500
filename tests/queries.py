"""Record the queries that the database gets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

_OF_TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@contextmanager
def queries() -> Iterator[list[str]]:
    """The statements meanwhile, but for those that begin and end transactions (ATOMIC_REQUESTS)."""
    asked: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield asked
    asked += [query["sql"] for query in captured if not query["sql"].startswith(_OF_TRANSACTIONS)]


def writes(statements: list[str]) -> list[str]:
    """Those that change something. On SQLite, an UPDATE that changes nothing takes the lock."""
    lock = "WHERE 1 = 0"
    changing = ("INSERT", "UPDATE", "DELETE")
    return [sql for sql in statements if sql.startswith(changing) and lock not in sql]
