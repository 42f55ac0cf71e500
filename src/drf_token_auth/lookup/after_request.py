"""Run a write after the transaction of the request, so that a rollback does not undo it.

DRF rolls the transaction of ``ATOMIC_REQUESTS`` back for every API exception, also for the 401 that
reports a reused key. A commit runs the write. After a rollback, the end of the request runs it. In
a task or a script no request ends, so a write after a rollback is lost there.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext

from django.core.signals import request_finished, request_started
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger("drf_token_auth")

# In a worker of a task queue, no request ever finishes. Keep only this many writes in memory.
MOST_WAITING = 100


class _Once:
    """Run an action once, however often it is called. Log an error instead of raising it."""

    def __init__(self, action: Callable[[], object], using: str) -> None:
        self._action: Callable[[], object] | None = action
        self._using = using

    def __call__(self) -> None:
        action, self._action = self._action, None
        if action is None:
            return
        try:
            connection = connections[self._using]
            is_open = connection.in_atomic_block or not connection.get_autocommit()
            # The savepoint protects an open transaction from a statement that fails.
            with transaction.atomic(using=self._using) if is_open else nullcontext():
                action()
        except Exception as error:  # noqa: BLE001 -- no error may spoil the response
            # Do not log the error's text. It may quote the SQL statement, which contains a digest.
            logger.warning("a write after the request failed: %s", type(error).__name__)


def after_transaction(action: Callable[[], object], *, using: str) -> None:
    """Run ``action`` after the current transaction, even if the transaction is rolled back.

    Without a transaction, the action runs now. After a rollback, it runs at the end of the request,
    if there is a request. With ``AUTOCOMMIT`` off, it runs now, in the project's transaction. An
    error in the action is logged and not raised.
    """
    connection = connections[using]
    once = _Once(action, using)
    # With AUTOCOMMIT off, commit_on_exit is False: atomic() makes a savepoint only. The end of the
    # request would be too late, because Django closes the connection without a commit.
    if not (connection.in_atomic_block and connection.commit_on_exit):
        once()
        return
    _listen()
    _waiting_on(connection).append(once)
    transaction.on_commit(once, using=using)


def _waiting_on(connection: BaseDatabaseWrapper) -> deque[_Once]:
    # Keep the list on the connection. A context variable would be lost if the server runs the view
    # in another task.
    waiting: deque[_Once] = connection.__dict__.setdefault(
        "_drf_token_auth_waiting", deque(maxlen=MOST_WAITING)
    )
    return waiting


def _forget(**kwargs: object) -> None:
    """Drop the writes that a task or a test left on the connection before this request."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            _waiting_on(connection).clear()


def _run_waiting(**kwargs: object) -> None:
    for connection in connections.all(initialized_only=True):
        waiting = _waiting_on(connection)
        # An open transaction does not belong to the request, but to a test, for example.
        if connection.in_atomic_block or not waiting:
            continue
        while waiting:
            waiting.popleft()()
        # The writes may have opened a connection after Django closed its own.
        connection.close_if_unusable_or_obsolete()


def _listen() -> None:
    """Connect to the signals of requests. To connect a second time changes nothing.

    The receivers look at each connection on each request. Most projects do not need them, because
    without ATOMIC_REQUESTS no write has to wait. So the first write that waits connects them.
    """
    request_started.connect(_forget)
    request_finished.connect(_run_waiting)
