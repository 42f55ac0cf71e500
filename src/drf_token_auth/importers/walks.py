"""Process an old table in batches. Skip locked rows, and try them again later."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.db import connections, models, reset_queries

from ..rows import locking

__all__ = ["BATCH_SIZE", "hold", "walk"]

_Rows = TypeVar("_Rows", bound="models.QuerySet[Any, Any]")

BATCH_SIZE = 1000
# Locked rows are tried again this many times, with this many seconds before each attempt.
ATTEMPTS = 20
PAUSE = 0.25


def walk(
    rows: models.QuerySet[Any], step: Callable[[Sequence[Any]], list[Any]], batch_size: int
) -> int:
    """Call ``step`` with the primary keys of each batch of rows.

    ``step`` returns the primary keys to try again: other transactions have locked these rows.

    :returns: how many rows could not be processed, because other transactions locked them.
    :raises ValueError: ``batch_size`` is less than 1.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be 1 or more, but it is {batch_size!r}.")
    held: list[Any] = []
    for pks in _batches(rows.order_by("pk").values_list("pk", flat=True), batch_size):
        held += step(pks)
        if settings.DEBUG:
            reset_queries()  # Django would keep every query in memory, with the keys in it.
    for _ in range(ATTEMPTS):
        if not held:
            break
        time.sleep(PAUSE)
        batches = [held[n : n + batch_size] for n in range(0, len(held), batch_size)]
        held = [pk for pks in batches for pk in step(pks)]
    return len(held)


def _batches(pks: models.QuerySet[Any, Any], size: int) -> Iterator[list[Any]]:
    """Yield the primary keys in batches of this size. ``pks`` must be in ascending order."""
    batch = list(pks[:size])
    while batch:
        yield batch
        batch = list(pks.filter(pk__gt=batch[-1])[:size])


def hold(rows: _Rows) -> _Rows:
    """Return a query that locks these rows until the transaction ends, and skips locked ones.

    On PostgreSQL, other transactions can still add rows that point to these rows.
    """
    features = connections[rows.db].features
    # Lock only this table. A database without this feature locks the joined tables too.
    of = ("self",) if features.has_select_for_update_of else ()
    return locking.hold(rows, of=of, no_key=features.has_select_for_no_key_update)
