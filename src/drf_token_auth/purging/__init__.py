"""The purge: expired rows go, in short transactions, beside whatever else is going on.

One DELETE of a million rows is one long transaction; batches of ``LIMIT n`` scan the dead rows of
the batches before. So the walk goes up the index of ``expires_at`` in ranges, one DELETE each, and
never looks back.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias, cast

from django.db import OperationalError, connections, router, transaction
from django.db.models import Min
from django.db.models.functions import Coalesce
from django.utils import timezone

from .. import ending as revoking
from .. import get_token_model
from ..managers import TokenQuerySet, all_rows
from .deleting import PROTECTED, Deletion, Outcome, deletions, is_one_statement
from .walking import end_of, ranges

__all__ = ["BATCH_SIZE", "purge"]

logger = logging.getLogger("drf_token_auth")

BATCH_SIZE = 10_000

Tokens: TypeAlias = TokenQuerySet[Any]


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
    :raises ValueError: a number or a duration is negative or too large, or ``batch_size`` is 0.
    """
    _refuse_nonsense(batch_size, sleep, time_limit)
    model = get_token_model()
    tokens = all_rows(model, using or router.db_for_write(model))
    now = timezone.now()
    cutoff = _before(now, "older_than", older_than)
    stale = None
    if unused_for is not None:
        stale = _unused_since(tokens, _before(now, "unused_for", unused_for))
    if dry_run:
        expired = tokens.filter(expires_at__lte=cutoff)
        return sum(rows.count() for rows in (expired, stale) if rows is not None)
    todo = _deletions(tokens, cutoff, stale, batch_size)
    return _run(_paced(todo, sleep, time_limit), progress)


def _run(todo: Iterator[Deletion], progress: Callable[[int], object]) -> int:
    done = Outcome(0)
    for delete in todo:
        done = Outcome.of([done, delete()])
        progress(done.gone)
    if done.kept:
        logger.warning(
            "%d tokens are not deleted: a foreign key with PROTECT or RESTRICT points at each",
            done.kept,
        )
    return done.gone


def _refuse_nonsense(batch_size: int, sleep: float, time_limit: float | None) -> None:
    if batch_size < 1:
        raise ValueError(f"batch_size is 1 or more; it can't be {batch_size!r}.")
    if not (sleep >= 0 and math.isfinite(sleep)):
        raise ValueError(f"sleep is a number of seconds, 0 or more; it can't be {sleep!r}.")
    if time_limit is not None and not time_limit >= 0:
        raise ValueError(
            f"time_limit is a number of seconds, 0 or more; it can't be {time_limit!r}."
        )


def _before(now: datetime, name: str, age: timedelta) -> datetime:
    if age < timedelta(0):
        raise ValueError(f"{name} is not negative; it can't be {age!r}.")
    try:
        return now - age
    except OverflowError:
        raise ValueError(f"{name} goes back to no date: {age!r}.") from None


def _paced(todo: Iterator[Deletion], sleep: float, time_limit: float | None) -> Iterator[Deletion]:
    """Those that are begun within the limit, with a pause between them."""
    started = time.monotonic()
    pause = 0.0
    for delete in todo:
        if time_limit is not None and time.monotonic() - started + pause >= time_limit:
            return
        if pause:
            time.sleep(pause)
        yield delete
        pause = sleep


def _deletions(
    tokens: Tokens, cutoff: datetime, stale: Tokens | None, size: int
) -> Iterator[Deletion]:
    """One transaction after the other, each to be run before the next is asked for."""
    connection = connections[tokens.db]
    is_walked_by_time = connection.vendor == "postgresql" and not connection.in_atomic_block
    if is_walked_by_time and is_one_statement(tokens):
        yield from _by_stride(tokens, cutoff, size)
    else:
        yield from _by_count(tokens, cutoff, size)
    if stale is not None:
        most = min(size, revoking.BATCH_SIZE)
        for revocation in revoking.revocations(stale, reason="unused", batch_size=most):
            yield partial(_revoke, revocation)


# A range is halved no further than to so many rows.
SMALLEST = 100


def _by_stride(tokens: Tokens, cutoff: datetime, most: int) -> Iterator[Deletion]:
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
            end = end_of(after.filter(expires_at__lte=cutoff), size) or cutoff
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

    def __call__(self) -> Outcome:
        using = self.batch.db
        try:
            with transaction.atomic(using=using), connections[using].cursor() as cursor:
                cursor.execute(self.LIMITS)
                count = self.batch.delete_silently()
        except OperationalError:
            return Outcome(0)  # if it was anything but the limits, what follows says so
        self.count = count
        return Outcome(count)


def _by_count(tokens: Tokens, cutoff: datetime, size: int) -> Iterator[Deletion]:
    for batch in ranges(tokens, cutoff, size):
        yield from deletions(batch, cutoff)


def _unused_since(tokens: Tokens, since: datetime) -> Tokens:
    used = tokens.usable().alias(last_use=Coalesce("last_used_at", "created_at"))
    return cast("Tokens", used.filter(last_use__lte=since))


def _revoke(revocation: revoking.Revocation) -> Outcome:
    try:
        return Outcome(revocation())
    except PROTECTED:
        if len(revocation.ids) == 1:
            return Outcome(0, kept=1)
        return Outcome.of(map(_revoke, revocation.one_by_one()))
