"""What a use of a token leaves in its row: one conditional UPDATE, rarely, and never in the way.

Last use, idle expiry, re-hash and re-stamp are one statement, run after the transaction, at most
once an interval, and whose failure is a log line: a database that is read-only, or a row that is
locked or gone, turns no request into an error.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import router, transaction
from django.db.models import Q
from django.utils import timezone

from .. import keys
from ..conf import get_settings
from .after_request import after_transaction

if TYPE_CHECKING:
    from ..base_models import AbstractToken

__all__ = ["record"]

# Of the idle timeout: how exactly it is kept where that is finer than LAST_USED_INTERVAL.
IDLE_STEPS = 10


def record(token: AbstractToken, newer_stamp: str | None, now: datetime) -> None:
    """Note that the token was used now, if there is anything to write.

    :param newer_stamp: the stamp to bind the token to from now on, if it changes.
    """
    interval = get_settings().LAST_USED_INTERVAL
    last = token.last_used_at
    is_used = interval is not None and (last is None or now - last >= interval)
    is_renewed = token.idle_timeout is not None and _is_renewal_due(token, now, is_used)
    is_rehashed = _is_rehash_due(token)
    if not (is_used or is_renewed or is_rehashed or newer_stamp):
        return
    changes: dict[str, Any] = {}
    # What must still hold in the row: of two at once, one writes; a rotation is not undone.
    behind, unchanged = Q(), Q()
    if is_renewed:
        changes["expires_at"] = token.renewed_until(now)
        unchanged &= Q(expires_at=token.expires_at)
    if is_used and interval is not None:
        changes["last_used_at"] = now
        behind |= Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - interval)
    if newer_stamp is not None:
        changes["user_stamp"] = newer_stamp
        unchanged &= Q(user_stamp=token.user_stamp)
    if is_rehashed:
        changes["digest"] = token.presented_digests[0]
        unchanged &= Q(digest=token.digest)
    using = router.db_for_write(type(token), instance=token)
    write = partial(_write, token, changes, unchanged or behind, using)
    after_transaction(write, using=using)


def _is_renewal_due(token: AbstractToken, now: datetime, used: bool) -> bool:
    renewed = token.renewed_until(now)
    if token.expires_at is None or renewed is None or token.idle_timeout is None:
        return False
    gained = renewed - token.expires_at
    is_last = renewed == token.renewable_until
    return gained.total_seconds() > 0 and (
        used or is_last or gained >= token.idle_timeout / IDLE_STEPS
    )


def _is_rehash_due(token: AbstractToken) -> bool:
    version = bytes(token.digest)[0]
    # A row brought over from knox keeps its digest: a second import must find it again.
    if version in (token.presented_digests[0][0], keys.KNOX):
        return False
    # The key before a rotation is no reason to store its digest again.
    return keys.among(token.digest, token.presented_digests)


def _write(token: AbstractToken, changes: dict[str, Any], condition: Q, using: str) -> None:
    rows = type(token)._base_manager.using(using).filter(pk=token.pk)
    # By the clock of now, not of the request's start: an expired token never revives.
    usable = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    if "expires_at" not in changes:
        if not rows.filter(condition, usable).update(**changes):
            return
    elif not _renew(token, rows.filter(condition, usable), changes, using):
        # Another request was first, or it has expired: show what the row says.
        changes = rows.values("expires_at", "last_used_at").first() or {}
    for name, value in changes.items():
        setattr(token, name, value)


def _renew(token: AbstractToken, row: Any, changes: dict[str, Any], using: str) -> bool:
    """Whether it was done, and the token had not expired while this waited for the row's lock."""
    with transaction.atomic(using=using, savepoint=False):
        is_renewed = bool(row.update(**changes))
        if is_renewed and token.is_expired():
            is_renewed = False
            transaction.set_rollback(True, using=using)
    return is_renewed
