"""Record the use of a token in its row. Write rarely, and do not wait for a locked row.

One UPDATE after the transaction writes the last use, the idle expiry, the stamp and the digest. If
the database is read-only, or the row is locked, this use is not recorded. A database without SKIP
LOCKED, such as SQLite, waits for the lock. The request still succeeds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import router, transaction

from .. import keys
from ..conf import get_settings
from ..passwords import stamp
from ..rows import expiry
from ..rows.locking import hold
from .after_request import after_transaction

if TYPE_CHECKING:
    from ..base_models import AbstractToken

# The idle expiry is renewed as soon as a tenth of the timeout has passed, even if that is within
# LAST_USED_INTERVAL.
IDLE_STEPS = 10


def record(token: AbstractToken, now: datetime) -> None:
    """Record that the token was used at ``now``, if anything has to be written."""
    if _changes(token, token, now):
        using = router.db_for_write(type(token), instance=token)
        after_transaction(partial(_write, token, now, using), using=using)


def _write(token: AbstractToken, now: datetime, using: str) -> None:
    """Lock the row and decide again. Another request may have written, rotated or revoked it."""
    rows = type(token)._base_manager.using(using).filter(pk=token.pk)
    with transaction.atomic(using=using):
        row = next(iter(hold(rows)), None)
        if row is None or row.is_expired():
            return
        changes = _changes(row, token, now)
        if changes:
            rows.update(**changes)
    changes = {"expires_at": row.expires_at, "last_used_at": row.last_used_at} | changes
    for name, value in changes.items():
        setattr(token, name, value)


def _changes(row: AbstractToken, token: AbstractToken, now: datetime) -> dict[str, Any]:
    """Return the new values of the row's columns, by name. The dict is empty if nothing changes.

    :param row: the row as it is now. Before the lock, ``token`` stands for it.
    :param token: the row as the request read it, with its user and the digests of its key.
    """
    changes: dict[str, Any] = {}
    interval, last = get_settings().LAST_USED_INTERVAL, row.last_used_at
    if interval is not None and (last is None or now - last >= interval):
        changes["last_used_at"] = now
    renewed = _renewal(row, now, is_used="last_used_at" in changes)
    if renewed is not None:
        changes["expires_at"] = renewed
    if row.user_stamp is None and row.is_password_bound:
        # Use the user that the request loaded. If the password was changed meanwhile, the stamp is
        # then already outdated, and the token stops working.
        bound = stamp(token.user)
        if bound is not None:
            changes["user_stamp"] = bound
    if _is_rehash_due(row, token.presented_digests):
        changes["digest"] = token.presented_digests[0]
    return changes


def _renewal(row: AbstractToken, now: datetime, *, is_used: bool) -> datetime | None:
    """Return the new expiry of the row, or None if it need not be written."""
    if row.idle_timeout is None or row.expires_at is None:
        return None
    renewed = expiry.renewed(now, row.idle_timeout, row.renewable_until)
    gained = renewed - row.expires_at
    is_last = renewed == row.renewable_until
    is_due = is_used or is_last or gained >= row.idle_timeout / IDLE_STEPS
    return renewed if is_due and gained > timedelta(0) else None


def _is_rehash_due(row: AbstractToken, presented_digests: Any) -> bool:
    if len(presented_digests) == 1:
        return False  # There is no other version. The request did not load the row's digest.
    version = row.digest[0]
    # A row imported from knox keeps its digest, so that a second import finds it again.
    if version in (presented_digests[0][0], keys.KNOX):
        return False
    # If the client used the previous key, none of the presented digests is the row's digest.
    return keys.is_one_of(row.digest, presented_digests)
