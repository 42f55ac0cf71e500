"""Revoke rows: delete them under locks, and announce the tokens that had not expired.

An operation that revokes several tokens of a user locks the user's row (``lock_user``).

A command that revokes the tokens of many users does it in short transactions, while the site is
running. Each transaction handles one user, so it holds only one such lock. A login also locks only
one user, so a login and such a transaction never wait for each other in a circle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from django.db import router
from django.utils import timezone

from .. import signals
from . import expiry
from .locking import lock_user, locking_transaction, plain_rows

if TYPE_CHECKING:
    from ..base_models import AbstractToken
    from ..managers import TokenQuerySet

BATCH_SIZE = 1000

Tokens: TypeAlias = "TokenQuerySet[Any]"


class Revoked(NamedTuple):
    """How many rows were deleted, and how many of their tokens were usable before."""

    rows: int
    usable: int


def revoke_one(token: AbstractToken, *, using: str | None, **what: Any) -> Revoked:
    """Delete the token's row, and announce the revocation if the token had not expired.

    :param what: the ``reason``, the ``actor`` and the ``request`` for ``token_revoked``.
    """
    model = type(token)
    using = using or router.db_for_write(model, instance=token)
    with locking_transaction(using=using):
        signals.leaving.send(model, tokens=[token], using=using)
        return _delete(token, using, **what)


def revoke_many(tokens: Tokens, **what: Any) -> Revoked:
    """Lock the users of these tokens, and do what :func:`revoke_one` does for each token."""
    tokens._for_write = True
    using = tokens.db
    with locking_transaction(using=using):
        found = list(tokens.using(using).order_by("pk"))
        for user_pk in sorted({token.user_id for token in found} - {None}, key=str):
            lock_user(tokens.model, user_pk, using=using)
        signals.leaving.send(tokens.model, tokens=found, using=using)
        deleted = [_delete(token, using, **what) for token in found]
    return Revoked(sum(one.rows for one in deleted), sum(one.usable for one in deleted))


def _delete(
    token: AbstractToken, using: str, *, reason: str, actor: Any = None, request: Any = None
) -> Revoked:
    rows = plain_rows(type(token), using).filter(pk=token.pk)
    label = token._meta.label
    if rows.filter(expiry.not_expired(timezone.now())).delete()[1].get(label):
        what = {"reason": reason, "actor": actor, "request": request}
        signals.announce(signals.token_revoked, token, using=using, **what)
        return Revoked(1, 1)
    return Revoked(rows.delete()[1].get(label, 0), 0)


def revoke_in_batches(
    tokens: Tokens,
    *,
    reason: str,
    batch_size: int = BATCH_SIZE,
    progress: Callable[[int], object] = lambda total: None,
) -> int:
    """Revoke the tokens that exist when this call begins, in transactions of one user each.

    If the process is killed, the tokens revoked so far stay revoked.

    :param reason: the text that ``token_revoked`` and the log show. See :mod:`signals`.
    :param batch_size: how many ids are read at once.
    :param progress: called with the total after each transaction.
    :returns: how many tokens this call has revoked.
    """
    total = 0
    for user_pk, ids in ids_by_user(tokens, batch_size):
        total += revoke_checked(tokens, user_pk, ids, reason=reason)
        progress(total)
    return total


def ids_by_user(tokens: Tokens, batch_size: int) -> Iterator[tuple[Any, list[Any]]]:
    """Yield pairs: a user's id, and a list of the ids of some of the user's tokens.

    If ids increase, tokens that are created after the first step are left out.

    :param batch_size: how many ids are read at once.
    """
    # Max("pk") would fail for a UUID on PostgreSQL.
    last = plain_rows(tokens.model, tokens.db).order_by("pk").values_list("pk", flat=True).last()
    if last is None:
        return
    rest = tokens.filter(pk__lte=last).order_by("pk").values_list("pk", "user_id")
    batch = list(rest[:batch_size])
    while batch:
        ids_of_user: dict[Any, list[Any]] = defaultdict(list)
        for pk, user_pk in batch:
            ids_of_user[user_pk].append(pk)
        yield from ids_of_user.items()
        batch = list(rest.filter(pk__gt=batch[-1][0])[:batch_size])


def revoke_checked(tokens: Tokens, user_pk: Any, ids: list[Any], *, reason: str) -> int:
    """Lock these tokens of a user, check each again, and revoke those that still match.

    A token that was used since its id was read may no longer match. It stays.

    :returns: how many tokens were revoked.
    """
    with locking_transaction(using=tokens.db):
        lock_user(tokens.model, user_pk, using=tokens.db)
        # Recording a use locks the token's row, but not the user's. So a use is written before the
        # check below, or not at all. Lock one row at a time: with "IN", MySQL may scan the table
        # and wait for rows of transactions that wait for these rows.
        rows = plain_rows(tokens.model, tokens.db).select_for_update().values_list("pk")
        for pk in ids:
            list(rows.filter(pk=pk))
        return tokens.filter(pk__in=ids).revoke(reason=reason)
