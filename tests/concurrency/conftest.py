"""Concurrent requests with real threads and connections.

These tests need a database server, because SQLite has only one writer at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections

# The environments postgres and mariadb of tox.ini set DATABASE_URL, and run all of it.
if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    collect_ignore_glob = ["test_*.py"]

PATIENCE = 30


def in_parallel(*calls: Callable[[], Any]) -> list[Any]:
    """What each returned, or the exception it raised; all begin at the same moment."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
        except Exception:
            barrier.abort()
            raise
        try:
            barrier.wait(PATIENCE)
            return call()
        except Exception as error:  # noqa: BLE001 -- the caller looks at it
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(PATIENCE * 2) for future in [pool.submit(run, one) for one in calls]]


def errors(results: Iterable[Any]) -> list[Exception]:
    return [one for one in results if isinstance(one, Exception)]


class Elsewhere:
    """Another thread with a connection of its own, for what is done while something else waits."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1)

    def start(self, call: Callable[[], Any]) -> Any:
        return self.pool.submit(call)

    def do(self, call: Callable[[], Any]) -> Any:
        return self.start(call).result(PATIENCE)

    def close(self) -> None:
        self.do(connections.close_all)
        self.pool.shutdown()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    other = Elsewhere()
    yield other
    other.close()


@contextmanager
def impatient() -> Iterator[None]:
    """This connection waits for no lock longer than a second."""
    on, off = {
        "postgresql": ("SET lock_timeout = '1s'", "SET lock_timeout = 0"),
        "mysql": (
            "SET SESSION innodb_lock_wait_timeout = 1",
            "SET SESSION innodb_lock_wait_timeout = 50",
        ),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(on)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(off)
