"""Record the queries that Django sends to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

_OF_TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@contextmanager
def queries() -> Iterator[list[str]]:
    """Record the statements, without those that begin or end a transaction or a savepoint."""
    asked: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield asked
    asked += [query["sql"] for query in captured if not query["sql"].startswith(_OF_TRANSACTIONS)]


def writes(statements: list[str]) -> list[str]:
    """Return the statements that write. Leave out the UPDATE that only takes the lock of SQLite."""
    lock = "WHERE 1 = 0"
    changing = ("INSERT", "UPDATE", "DELETE")
    return [sql for sql in statements if sql.startswith(changing) and lock not in sql]
