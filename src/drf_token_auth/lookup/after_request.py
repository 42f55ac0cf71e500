"""Run a write after the transaction it must neither lengthen nor share the fate of.

DRF rolls a view's transaction back on any API exception, and what was written in it with it. What
is passed to :func:`after_transaction` runs when the transaction commits, or, if it was rolled
back, when the request ends; at once where there is no transaction. With ``AUTOCOMMIT`` off there is
always one, of which Django knows neither beginning nor end: the request's end, over a connection of
its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.signals import request_finished, request_started
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["after_transaction"]

logger = logging.getLogger("drf_token_auth")


class _Once:
    """A callable that runs once, and whose failure is a log line, never the request's."""

    def __init__(self, action: Callable[[], object], using: str) -> None:
        self.action = action
        self.using = using
        self.done = False

    def __call__(self) -> None:
        if self.done:
            return
        self.done = True
        try:
            self._run(connections[self.using])
        except Exception as error:  # noqa: BLE001 -- whatever it is, the request goes on
            # The error's own text may quote the statement, and with it a digest.
            logger.warning("a write after the request failed: %s", type(error).__name__)

    def _run(self, connection: BaseDatabaseWrapper) -> None:
        if connection.in_atomic_block:
            # A failing statement must not break the transaction of a test around the request.
            with transaction.atomic(using=self.using):
                self.action()
        elif _commits_by_itself(connection):
            self.action()
        else:
            with _another_in_place_of(connection):
                self.action()


def _commits_by_itself(connection: BaseDatabaseWrapper) -> bool:
    # Not get_autocommit(), which connects.
    if connection.connection is None:
        return bool(connection.settings_dict["AUTOCOMMIT"])
    return connection.autocommit


# The project's transaction may still be open, and hold what is waited for.
_PATIENCE = {
    "postgresql": "SET LOCAL lock_timeout = '1s'",
    "mysql": "SET SESSION innodb_lock_wait_timeout = 1",
    "sqlite": "PRAGMA busy_timeout = 1000",
}


@contextmanager
def _another_in_place_of(connection: BaseDatabaseWrapper) -> Iterator[None]:
    alias = connection.alias
    own = connection.copy()
    own.settings_dict["AUTOCOMMIT"] = True
    connections[alias] = own
    try:
        with transaction.atomic(using=alias):
            if own.vendor in _PATIENCE:
                with own.cursor() as cursor:
                    cursor.execute(_PATIENCE[own.vendor])
            yield
    finally:
        connections[alias] = connection
        # SQLite's own close() keeps a connection to a database in memory.
        BaseDatabaseWrapper.close(own)


# Where no request ever ends (a task queue's worker), what rollbacks left must not pile up.
_MOST_WAITING = 100
# Requests within requests, or that began and never ended.
_MOST_OPEN = 10


def after_transaction(action: Callable[[], object], *, using: str) -> None:
    """Run ``action`` now, after the commit, or after the rolled-back request. Never raises."""
    once = _Once(action, using)
    connection = connections[using]
    if not connection.in_atomic_block and _commits_by_itself(connection):
        once()
        return
    waiting = _waiting_on(connection)
    waiting[:] = [other for other in waiting[-_MOST_WAITING:] if not other.done]
    waiting.append(once)
    if connection.in_atomic_block:
        transaction.on_commit(once, using=using)


def _requests_on(connection: BaseDatabaseWrapper) -> list[list[_Once]]:
    """What waits for the end of each request that has begun, the innermost last."""
    # As Django, which closes a request's connections at its end, also where the server runs the
    # view in a task of its own and a context variable would be lost.
    requests: list[list[_Once]] = connection.__dict__.setdefault("_drf_token_auth_waiting", [])
    return requests


def _waiting_on(connection: BaseDatabaseWrapper) -> list[_Once]:
    requests = _requests_on(connection)
    if not requests:
        # The request opened the connection, or there is none.
        requests.append([])
    return requests[-1]


def _begin(**kwargs: object) -> None:
    for connection in connections.all(initialized_only=True):
        requests = _requests_on(connection)
        requests.append([])
        del requests[:-_MOST_OPEN]


def _run_what_a_rollback_left(**kwargs: object) -> None:
    for connection in connections.all(initialized_only=True):
        requests = _requests_on(connection)
        for once in requests.pop() if requests else []:
            if once.done:
                continue
            if not connection.in_atomic_block:
                once()
                if _commits_by_itself(connection):
                    # Django closed what it would before this opened it again.
                    connection.close_if_unusable_or_obsolete()
            elif all(entry[1] is not once for entry in connection.run_on_commit):
                # The request was rolled back inside a larger transaction (a test case's).
                transaction.on_commit(once, using=once.using)


request_started.connect(_begin, dispatch_uid="drf_token_auth.deferred.request_started")
request_finished.connect(
    _run_what_a_rollback_left, dispatch_uid="drf_token_auth.deferred.request_finished"
)
