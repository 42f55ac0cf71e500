"""Run a write after the transaction it must neither lengthen nor share the fate of.

DRF rolls a view's transaction back on any API exception, and what was written in it with it. What
is passed to :func:`after_transaction` runs when the transaction commits, or, if it was rolled
back, when the request ends; at once where there is no transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

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
            if connections[self.using].in_atomic_block:
                # A failing statement must not break the transaction of a test around the request.
                with transaction.atomic(using=self.using):
                    self.action()
            else:
                self.action()
        except Exception as error:  # noqa: BLE001 -- whatever it is, the request goes on
            # The error's own text may quote the statement, and with it a digest.
            logger.warning("a write after the request failed: %s", type(error).__name__)


# Where no request ever ends (a task queue's worker), what rollbacks left must not pile up.
_MOST_WAITING = 100


def after_transaction(action: Callable[[], object], *, using: str) -> None:
    """Run ``action`` now, after the commit, or after the rolled-back request. Never raises."""
    once = _Once(action, using)
    connection = connections[using]
    if not connection.in_atomic_block:
        once()
        return
    waiting = _waiting_on(connection)
    waiting[:] = [other for other in waiting[-_MOST_WAITING:] if not other.done]
    waiting.append(once)
    transaction.on_commit(once, using=using)


def _waiting_on(connection: BaseDatabaseWrapper) -> list[_Once]:
    # As Django, which closes a request's connections at its end, also where the server runs the
    # view in a task of its own and a context variable would be lost.
    waiting: list[_Once] = connection.__dict__.setdefault("_drf_token_auth_waiting", [])
    return waiting


def _begin(**kwargs: object) -> None:
    for connection in connections.all(initialized_only=True):
        _waiting_on(connection).clear()


def _run_what_a_rollback_left(**kwargs: object) -> None:
    for connection in connections.all(initialized_only=True):
        waiting = _waiting_on(connection)
        pending, waiting[:] = [once for once in waiting if not once.done], []
        for once in pending:
            if not connection.in_atomic_block:
                once()
                # Django closed what it would before this opened it again.
                connection.close_if_unusable_or_obsolete()
            elif all(entry[1] is not once for entry in connection.run_on_commit):
                # The request was rolled back inside a larger transaction (a test case's).
                transaction.on_commit(once, using=once.using)


request_started.connect(_begin, dispatch_uid="drf_token_auth.deferred.request_started")
request_finished.connect(
    _run_what_a_rollback_left, dispatch_uid="drf_token_auth.deferred.request_finished"
)
