"""Concurrent requests with real threads and connections.

These tests need a database server, because SQLite has only one writer at a time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections

# The environments postgres and mariadb of tox.ini set DATABASE_URL. They run these tests.
if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    collect_ignore_glob = ["test_*.py"]

    def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
        # pytest collects an ignored file if the command line names it.
        if any(Path(__file__).parent in item.path.parents for item in items):
            raise pytest.UsageError(
                "tests/concurrency needs a server. Set DATABASE_URL as CONTRIBUTING.md shows."
            )


PATIENCE = 30


def in_parallel(*calls: Callable[[], Any]) -> list[Any]:
    """Start all calls at the same moment. Return each result, or the exception that was raised."""
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


def we_block_another() -> bool:
    """Return whether another connection waits for a lock that this thread's connection holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            {
                "postgresql": "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))",
                "mysql": "SELECT count(*) FROM information_schema.innodb_lock_waits AS waits"
                " JOIN information_schema.innodb_trx AS holder"
                " ON holder.trx_id = waits.blocking_trx_id"
                " WHERE holder.trx_mysql_thread_id = connection_id()",
            }[connection.vendor]
        )
        return bool(cursor.fetchone()[0])


class Elsewhere:
    """Another thread with its own connection."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1)

    def start(self, call: Callable[[], Any]) -> Any:
        return self.pool.submit(call)

    def do(self, call: Callable[[], Any]) -> Any:
        return self.start(call).result(PATIENCE)

    def start_until_locked(self, call: Callable[[], Any]) -> Any:
        """Start the call, and return when it waits for a lock of the test's thread."""
        job = self.start(call)
        ends = time.monotonic() + PATIENCE
        while not we_block_another():
            assert not job.done(), "The call waited for no lock."
            assert time.monotonic() < ends, "The call reached no lock."
            # MariaDB shows old values to a thread that asks more often than every 0.1 seconds.
            time.sleep(0.15)
        return job

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
    """Let this connection wait at most one second for a lock."""
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
