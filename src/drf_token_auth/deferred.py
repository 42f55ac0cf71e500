"""Run a write after the transaction it must neither lengthen nor share the fate of.

DRF rolls a view's transaction back on any API exception, and what was written in it with it. What
is passed to :func:`after_transaction` runs when the transaction commits, or, if it was rolled
back, when the request ends; at once where there is no transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import ContextVar

from django.core.signals import request_finished, request_started
from django.db import connections, transaction

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

_waiting: ContextVar[list[_Once] | None] = ContextVar("drf_token_auth_waiting", default=None)


def after_transaction(action: Callable[[], object], *, using: str) -> None:
    """Run ``action`` now, after the commit, or after the rolled-back request. Never raises."""
    once = _Once(action, using)
    if not connections[using].in_atomic_block:
        once()
        return
    waiting = _waiting.get()
    if waiting is None:
        waiting = []
        _waiting.set(waiting)
    waiting[:] = [other for other in waiting[-_MOST_WAITING:] if not other.done]
    waiting.append(once)
    transaction.on_commit(once, using=using)


def _begin(**kwargs: object) -> None:
    # Where the server runs the view in a task of its own, that task must find this list.
    _waiting.set([])


def _run_what_a_rollback_left(**kwargs: object) -> None:
    waiting = _waiting.get()
    if not waiting:
        return
    pending, waiting[:] = [once for once in waiting if not once.done], []
    for once in pending:
        connection = connections[once.using]
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
