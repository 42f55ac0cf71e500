"""Process an old table in batches, and try locked rows again later."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db import models, reset_queries

__all__ = ["BATCH_SIZE", "walk"]

BATCH_SIZE = 1000
# Locked rows are tried again this many times, with this many seconds before each attempt.
ATTEMPTS = 20
PAUSE = 0.25


def walk(
    rows: models.QuerySet[Any], step: Callable[[Sequence[Any]], list[Any]], batch_size: int
) -> int:
    """Call ``step`` with the primary keys of each batch. It returns the primary keys to try again.

    :returns: how many rows could not be processed, because other transactions locked them.
    """
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
    """Yield the primary keys in the order of their index."""
    batch = list(pks[:size])
    while batch:
        yield batch
        batch = list(pks.filter(pk__gt=batch[-1])[:size])
