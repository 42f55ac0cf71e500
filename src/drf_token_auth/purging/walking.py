"""The walk of the purge: up the index of ``expires_at`` in ranges, never looking back.

Rows that share one ``expires_at`` are walked by id.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeAlias

from ..managers import TokenQuerySet

__all__ = ["end_of", "ranges"]

Tokens: TypeAlias = TokenQuerySet[Any]


def ranges(tokens: Tokens, cutoff: datetime, size: int) -> Iterator[Tokens]:
    """Querysets of about ``size`` expired rows each, up the index, each rechecking the expiry."""
    rest = tokens.filter(expires_at__lte=cutoff)
    while True:
        end = end_of(rest, size)
        if end is None:
            yield rest
            return
        tie = tokens.filter(expires_at=end)
        if tie.order_by()[size : size + 1].exists():
            yield rest.filter(expires_at__lt=end)
            yield from _by_id(tie, tokens, size)
        else:
            yield rest.filter(expires_at__lte=end)
        rest = tokens.filter(expires_at__gt=end, expires_at__lte=cutoff)


def end_of(rest: Tokens, size: int) -> datetime | None:
    """When the first ``size`` of the rows have expired; None where there are fewer."""
    ends = rest.order_by("expires_at").values_list("expires_at", flat=True)
    return next(iter(ends[size - 1 : size]), None)


def _by_id(wanted: Tokens, walked: Tokens, size: int) -> Iterator[Tokens]:
    """The wanted rows in windows of ids, each of ``size`` of the rows walked."""
    # No Min("pk"): PostgreSQL has none of a UUID.
    wanted_ids = wanted.order_by("pk").values_list("pk", flat=True)
    start, last = wanted_ids.first(), wanted_ids.last()
    if start is None:
        return
    window = walked.filter(pk__lte=last).order_by("pk").values_list("pk", flat=True)
    while True:
        beyond = next(iter(window.filter(pk__gte=start)[size : size + 1]), None)
        if beyond is None:
            yield wanted.filter(pk__gte=start, pk__lte=last)
            return
        yield wanted.filter(pk__gte=start, pk__lt=beyond)
        start = beyond
