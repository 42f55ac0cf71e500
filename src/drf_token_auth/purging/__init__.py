"""Purge: delete expired tokens in short transactions, while the site is running."""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import TypeAlias, cast

from django.db import router
from django.utils import timezone

from .. import get_token_model
from ..conf import get_settings
from ..conf.rules import require_duration
from ..managers import all_rows
from ..rows import expiry, revocation
from .deleting import Outcome, Tokens, deletions, keeping_protected

logger = logging.getLogger("drf_token_auth")

BATCH_SIZE = 5_000
UNKNOWN_USES = (
    "Tokens that are in use would be revoked, because LAST_USED_INTERVAL is None and no use is "
    'recorded. Write DRF_TOKEN_AUTH = {"LAST_USED_INTERVAL": timedelta(minutes=10)} and wait.'
)
KEPT = "The purge kept %d tokens: a foreign key with PROTECT or RESTRICT points at them."

Step: TypeAlias = Callable[[], Outcome]


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
    on_time_limit: Callable[[], object] = lambda: None,
) -> int:
    """Delete the tokens that expired ``older_than`` ago or earlier (OWASP ASVS 14.2.7).

    If the process is killed, the deleted tokens stay deleted. Two purges may run at the same time.

    :param unused_for: also revoke tokens without a use for this long. The creation is a use.
    :param batch_size: the most rows that one transaction deletes, up to 10,000.
    :param sleep: seconds to wait between two transactions.
    :param time_limit: seconds after which no further transaction begins.
    :param dry_run: only count the tokens.
    :param progress: called with the total after each transaction.
    :param on_time_limit: called if the time limit leaves tokens for the next purge.
    :returns: how many tokens were deleted, or would be in a dry run. Unused ones count too.
    :raises TypeError, ValueError: an argument is wrong, or no uses are recorded for ``unused_for``.
    """
    _check_numbers(batch_size, sleep, time_limit)
    model = get_token_model()
    tokens = all_rows(model, using or router.db_for_write(model))
    expired, unused = _chosen(tokens, timezone.now(), older_than, unused_for)
    if dry_run:
        return expired.count() + unused.count()
    steps = chain(deletions(expired, batch_size), _revocations(unused, batch_size))
    done: Outcome = Counter()
    for step in _paced(steps, sleep, time_limit, on_time_limit):
        done += step()
        progress(done["deleted"])
    if done["kept"]:
        logger.warning(KEPT, done["kept"])
    return done["deleted"]


def _chosen(
    tokens: Tokens, now: datetime, older_than: timedelta, unused_for: timedelta | None
) -> tuple[Tokens, Tokens]:
    """Return the tokens that expired long enough ago, and those to revoke as unused."""
    expired = tokens.filter(expiry.expired(_before(now, "older_than", older_than)))
    if unused_for is None:
        return expired, cast("Tokens", tokens.none())
    if not knows_uses():
        raise ValueError(f"unused_for cannot be {unused_for!r}. {UNKNOWN_USES}")
    unused = expiry.unused_since(_before(now, "unused_for", unused_for))
    return expired, tokens.usable().filter(unused)


def knows_uses() -> bool:
    """Return whether the project records when tokens are used."""
    return get_settings().LAST_USED_INTERVAL is not None


def _paced(
    steps: Iterator[Step],
    sleep: float,
    time_limit: float | None,
    on_time_limit: Callable[[], object],
) -> Iterator[Step]:
    """Yield the steps, with a pause between two of them, until the time limit."""
    started, pause = time.monotonic(), 0.0
    for step in steps:
        if time_limit is not None and time.monotonic() - started + pause >= time_limit:
            on_time_limit()
            return
        if pause:
            time.sleep(pause)
        yield step
        pause = sleep


def _check_numbers(batch_size: int, sleep: float, time_limit: float | None) -> None:
    if batch_size < 1:
        raise ValueError(f"batch_size must be 1 or more, but it is {batch_size!r}.")
    if not (sleep >= 0 and math.isfinite(sleep)):
        raise ValueError(f"sleep must be a number of seconds, 0 or more, but it is {sleep!r}.")
    if time_limit is not None and not time_limit >= 0:
        raise ValueError(
            f"time_limit must be a number of seconds, 0 or more, but it is {time_limit!r}."
        )


def _before(now: datetime, name: str, age: timedelta) -> datetime:
    require_duration(name, age)
    if age < timedelta(0):
        raise ValueError(f"{name} must not be negative, but it is {age!r}.")
    try:
        return now - age
    except OverflowError:
        raise ValueError(f"{name} is too long: {age!r} ago is before the year 1.") from None


def _revocations(unused: Tokens, size: int) -> Iterator[Step]:
    """Yield the transactions. Each is about one user. Run each before asking for the next."""
    size = min(size, revocation.BATCH_SIZE)
    for user_pk, ids in revocation.ids_by_user(unused, size):
        revoke = partial(revocation.revoke_checked, unused, user_pk, reason="unused")
        yield partial(keeping_protected, revoke, ids)
