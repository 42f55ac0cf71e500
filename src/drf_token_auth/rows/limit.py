"""Enforce ``MAX_TOKENS_PER_USER``: how many usable tokens of one kind a user may have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from ..conf import get_settings
from ..exceptions import TokenLimitReached
from . import expiry
from .locking import lock_user, locking_transaction, read_latest

if TYPE_CHECKING:
    from ..base_models import AbstractToken
    from ..managers import TokenQuerySet


@contextmanager
def room_for(rows: TokenQuerySet[Any], new: Sequence[AbstractToken]) -> Iterator[None]:
    """Open the transaction that inserts the new tokens, and make room for them.

    With a limit, lock the users of the new tokens. If a user would have more tokens than the limit,
    revoke this user's least recently used tokens.

    :param rows: all rows of the table, in the database of the new tokens.
    :raises TokenLimitReached: there is no room and ``WHEN_FULL`` is "reject", or there are more new
        tokens of one user than the limit.
    """
    limit = get_settings().MAX_TOKENS_PER_USER
    # With the savepoint, a caller in a transaction can handle TokenLimitReached and go on.
    with locking_transaction(using=rows.db, savepoint=limit is not None):
        if limit is not None:
            _make_room(rows, new, limit)
        yield


def _make_room(rows: TokenQuerySet[Any], new: Sequence[AbstractToken], limit: int) -> None:
    now = timezone.now()
    usable = [token for token in new if not expiry.is_expired(token, now)]
    counts = Counter((token.user_id, token.kind) for token in usable)
    # Lock several users in the order in which revoke_many() locks them.
    for user_pk, kind in sorted(counts, key=lambda one: str(one[0])):
        user = lock_user(rows.model, user_pk, using=rows.db)
        stored = read_latest(rows.alive_for(user).filter(kind=kind))
        in_order = stored.order_by(expiry.last_use(), "created_at", "pk")
        oldest_first = list(in_order.values_list("pk", flat=True))
        kept = limit - counts[user_pk, kind]
        surplus = oldest_first[: max(0, len(oldest_first) - kept)]
        if kept < 0 or (surplus and get_settings().WHEN_FULL == "reject"):
            raise TokenLimitReached(limit)
        same = [one for one in usable if (one.user_id, one.kind) == (user_pk, kind)]
        actor, request = same[0].origin
        surplus_rows = read_latest(rows.filter(pk__in=surplus))
        surplus_rows.revoke(reason="limit", actor=actor, request=request)
