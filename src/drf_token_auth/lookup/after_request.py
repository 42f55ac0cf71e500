"""Run a write after the transaction of the request, so that a rollback does not undo it.

DRF rolls a view's transaction back for every API exception, also for the 401 that reports a
reused key. So the write runs when the transaction commits. If the transaction was rolled back, it
runs when the request ends.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext

from django.core.signals import request_finished, request_started
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["after_transaction"]

logger = logging.getLogger("drf_token_auth")

# A worker of a task queue ends no request. There, only the newest writes are kept.
MOST_WAITING = 100


class _Once:
    """Run an action once. Log its failure instead of raising it."""

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
        except Exception as error:  # noqa: BLE001 -- the request is answered whatever happens
            # The text of the error may quote the statement, and with it a digest.
            logger.warning("a write after the request failed: %s", type(error).__name__)


def after_transaction(action: Callable[[], object], *, using: str) -> None:
    """Run ``action`` now, after the commit, or after the request that was rolled back.

    An error in it is logged. With ``AUTOCOMMIT`` off it runs now, in the project's transaction.
    """
    connection = connections[using]
    once = _Once(action, using)
    if not connection.in_atomic_block:
        once()
        return
    _waiting_on(connection).append(once)
    transaction.on_commit(once, using=using)


def _waiting_on(connection: BaseDatabaseWrapper) -> deque[_Once]:
    # Kept on the connection: a context variable would be lost where the server runs the view in
    # a task of its own.
    waiting: deque[_Once] = connection.__dict__.setdefault(
        "_drf_token_auth_waiting", deque(maxlen=MOST_WAITING)
    )
    return waiting


def _forget(**kwargs: object) -> None:
    """Drop what a task or a test left on the connection that this request uses."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            _waiting_on(connection).clear()


def _run_waiting(**kwargs: object) -> None:
    for connection in connections.all(initialized_only=True):
        waiting = _waiting_on(connection)
        # Inside a transaction this request is part of a larger one, such as a test.
        if connection.in_atomic_block or not waiting:
            continue
        while waiting:
            waiting.popleft()()
        # Django closed its old connections before this opened one again.
        connection.close_if_unusable_or_obsolete()


request_started.connect(_forget, dispatch_uid="drf_token_auth.after_request.started")
request_finished.connect(_run_waiting, dispatch_uid="drf_token_auth.after_request.finished")
