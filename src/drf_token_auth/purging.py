"""The purge: expired rows go, in short transactions, beside whatever else is going on.

One DELETE of a million rows is one long transaction; batches of ``LIMIT n`` scan the dead rows of
the batches before. So the walk goes up the index of ``expires_at`` in ranges, one DELETE each, and
never looks back. Rows that share one ``expires_at`` are walked by id.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias, cast

from django.db import OperationalError, connections, router, transaction
from django.db.models import BigAutoField, Max, Min
from django.db.models.deletion import Collector
from django.db.models.functions import Coalesce
from django.utils import timezone

from . import get_token_model, revoking
from .managers import TokenQuerySet, all_rows

__all__ = ["BATCH_SIZE", "purge"]

BATCH_SIZE = 10_000

Tokens: TypeAlias = TokenQuerySet[Any]
Deletions: TypeAlias = Iterator[Callable[[], int]]


def purge(
    *,
    older_than: timedelta = timedelta(0),
    unused_for: timedelta | None = None,
    batch_size: int = BATCH_SIZE,
    sleep: float = 0.0,
    time_limit: float | None = None,
    dry_run: bool = False,
    using: str | None = None,
    progress: Callable[[int], object] = lambda total: None,
) -> int:
    """Delete the rows that expired at least ``older_than`` ago. How many there were.

    What has been deleted stays deleted if this is killed; a second one beside it does no harm.

    :param unused_for: also end tokens not used for so long (never used: not since they were
        made); these are revoked, with the reason ``unused``.
    :param batch_size: about how many rows a transaction deletes.
    :param sleep: seconds to wait between transactions.
    :param time_limit: seconds after which no further transaction is begun.
    :param dry_run: count only.
    :param progress: called with the total after each transaction.
    """
    model = get_token_model()
    tokens = all_rows(model, using or router.db_for_write(model))
    now = timezone.now()
    cutoff = now - older_than
    stale = None if unused_for is None else _unused_since(tokens, now - unused_for, cutoff)
    if dry_run:
        return tokens.filter(expires_at__lte=cutoff).count() + (
            stale.count() if stale is not None else 0
        )
    started = time.monotonic()
    total = 0
    for delete in _deletions(tokens, cutoff, stale, batch_size):
        if total and sleep:
            time.sleep(sleep)
        if time_limit is not None and time.monotonic() - started >= time_limit:
            break
        total += delete()
        progress(total)
    return total


def _deletions(tokens: Tokens, cutoff: datetime, stale: Tokens | None, size: int) -> Deletions:
    """One transaction after the other, each to be run before the next is asked for."""
    connection = connections[tokens.db]
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        yield from _by_stride(tokens, cutoff, size)
    else:
        yield from _by_count(tokens, cutoff, size)
    if stale is not None:
        most = min(size, revoking.BATCH_SIZE)
        yield from revoking.revocations(stale, reason="unused", batch_size=most)


# A range is halved no further than to so many rows.
SMALLEST = 100


def _by_stride(tokens: Tokens, cutoff: datetime, most: int) -> Deletions:
    """On PostgreSQL: ranges of time as wide as the rows in the last one suggest.

    To count the rows of a range first takes as long as to delete them. A range that turns out too
    full for a short transaction, or has a row that somebody holds, is walked by count.
    """
    start = tokens.aggregate(first=Min("expires_at"))["first"]
    if start is None or start > cutoff:
        return
    after = tokens
    size, width = most, None
    while True:
        if width is None:
            end = _end_of(after.filter(expires_at__lte=cutoff), size) or cutoff
        else:
            end = cutoff if width >= cutoff - start else start + width
        attempt = _ShortDelete(after.filter(expires_at__lte=end))
        yield attempt
        if attempt.count is None:
            size, width = min(most, max(SMALLEST, size // 2)), None
            yield from _by_count(after, end, size)
        else:
            size = min(most, 2 * size)
            width = (end - start) * min(4, size / max(1, attempt.count)) or None
        if end >= cutoff:
            return
        start = end
        after = tokens.filter(expires_at__gt=end)


class _ShortDelete:
    """Delete the batch in a short transaction, or not at all: then ``count`` stays None."""

    # A commit that a crash of the server loses is purged again, so none need wait for the disk.
    LIMITS = (
        "SELECT set_config('statement_timeout', '40ms', true),"
        " set_config('lock_timeout', '20ms', true), set_config('synchronous_commit', 'off', true)"
    )

    def __init__(self, batch: Tokens) -> None:
        self.batch = batch
        self.count: int | None = None

    def __call__(self) -> int:
        using = self.batch.db
        try:
            with transaction.atomic(using=using), connections[using].cursor() as cursor:
                cursor.execute(self.LIMITS)
                self.count = self.batch.delete_silently()
        except OperationalError:
            return 0  # if it was anything but the limits, what follows says so
        return self.count


def _by_count(tokens: Tokens, cutoff: datetime, size: int) -> Deletions:
    for batch in _ranges(tokens, cutoff, size):
        yield partial(_delete, batch)


def _delete(batch: Tokens) -> int:
    """Delete the batch, but for rows that somebody else is ending at this moment.

    A DELETE takes its rows in the order of their expiry, who ends several tokens of a user in the
    order of their ids: each waiting for the other would be a deadlock, and the login its victim.
    """
    connection = connections[batch.db]
    if not connection.features.has_select_for_update_skip_locked:
        return batch.delete_silently()  # SQLite has one writer at a time
    with transaction.atomic(using=batch.db):
        free = list(batch.select_for_update(skip_locked=True).values_list("pk", flat=True))
        if connection.vendor == "mysql":
            return _delete_by_key(batch, free)
        return all_rows(batch.model, batch.db).filter(pk__in=free).delete_silently()


_DELETE_BY_KEY = (
    "DELETE token FROM JSON_TABLE(%s, '$[*]' COLUMNS (pk BIGINT PATH '$')) AS free"
    " STRAIGHT_JOIN {table} AS token ON token.{pk} = free.pk"
)


def _delete_by_key(batch: Tokens, free: list[Any]) -> int:
    """Delete these rows, and look at no other.

    For "IN", MySQL may scan the table. Then it waits for rows that others hold, who may wait for
    these.
    """
    rows, meta = all_rows(batch.model, batch.db), batch.model._meta
    connection: Any = connections[batch.db]
    is_plain = isinstance(meta.pk, BigAutoField) and Collector(batch.db).can_fast_delete(rows)
    if not is_plain or (connection.mysql_is_mariadb and connection.mysql_version < (10, 6)):
        return sum(rows.filter(pk=pk).delete_silently() for pk in free)
    table, pk = map(connection.ops.quote_name, (meta.db_table, meta.pk.column))
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_BY_KEY.format(table=table, pk=pk), [json.dumps(free)])
        return int(cursor.rowcount)


def _unused_since(tokens: Tokens, since: datetime, cutoff: datetime) -> Tokens:
    used = tokens.alias(last_use=Coalesce("last_used_at", "created_at"))
    return cast("Tokens", used.filter(last_use__lte=since).exclude(expires_at__lte=cutoff))


def _ranges(tokens: Tokens, cutoff: datetime, size: int) -> Iterator[Tokens]:
    """Querysets of about ``size`` expired rows each, up the index, each rechecking the expiry."""
    rest = tokens.filter(expires_at__lte=cutoff)
    while True:
        end = _end_of(rest, size)
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


def _end_of(rest: Tokens, size: int) -> datetime | None:
    """When the first ``size`` of the rows have expired; None where there are fewer."""
    ends = rest.order_by("expires_at").values_list("expires_at", flat=True)
    return next(iter(ends[size - 1 : size]), None)


def _by_id(wanted: Tokens, walked: Tokens, size: int) -> Iterator[Tokens]:
    """The wanted rows in windows of ids, each of ``size`` of the rows walked."""
    bounds = wanted.aggregate(first=Min("pk"), last=Max("pk"))
    if bounds["first"] is None:
        return
    window = walked.filter(pk__gte=bounds["first"], pk__lte=bounds["last"]).order_by("pk")
    start = bounds["first"]
    while True:
        ids = window.filter(pk__gte=start).values_list("pk", flat=True)
        beyond = next(iter(ids[size : size + 1]), None)
        if beyond is None:
            yield wanted.filter(pk__gte=start, pk__lte=bounds["last"])
            return
        yield wanted.filter(pk__gte=start, pk__lt=beyond)
        start = beyond
