"""Revoke rows: delete them under locks, and announce the tokens that had not expired.

An operation that revokes several tokens of a user locks the user's row (``lock_user``).

A command that revokes the tokens of many users does it in short transactions, while the site is
running. Each transaction handles one user, so it holds only one such lock. A login also locks only
one user, so a login and a transaction never wait for each other in a circle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from django.db import connections, router
from django.utils import timezone

from . import expiry, signals
from .locking import lock_user, locking_transaction, plain_rows

if TYPE_CHECKING:
    from .base_models import AbstractToken
    from .managers import TokenQuerySet

__all__ = [
    "BATCH_SIZE",
    "Revocation",
    "Revoked",
    "revocations",
    "revoke_all",
    "revoke_in_batches",
    "revoke_one",
]

BATCH_SIZE = 1000

Tokens: TypeAlias = "TokenQuerySet[Any]"
Batch: TypeAlias = list[tuple[Any, Any]]


class Revoked(NamedTuple):
    """How many rows were deleted, and how many of their tokens were usable until then."""

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


def revoke_all(tokens: Tokens, **what: Any) -> Revoked:
    """Lock the users of these tokens, and do what :func:`revoke_one` does for each token."""
    tokens._for_write = True
    using = tokens.db
    with locking_transaction(using=using):
        found = list(tokens.using(using).order_by("pk"))
        for user_pk in sorted({token.user_id for token in found} - {None}):
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
    """Revoke the tokens, up to the newest one that exists now.

    If the process is killed, the tokens revoked so far stay revoked.

    :param reason: the text that ``token_revoked`` and the log show, as in :mod:`signals`.
    :param batch_size: how many ids are read at once.
    :param progress: called with the total after each transaction.
    :returns: how many tokens this call has revoked.
    """
    total = 0
    for revocation in revocations(tokens, reason=reason, batch_size=batch_size):
        total += revocation()
        progress(total)
    return total


@dataclass(frozen=True)
class Revocation:
    """One transaction. Call it to revoke some tokens of one user."""

    tokens: Tokens
    user_pk: Any
    ids: list[Any]
    reason: str

    def __call__(self) -> int:
        """Lock the tokens, check each again, and revoke those that still match.

        A token that was used meanwhile may no longer match. It stays.

        :returns: how many tokens were revoked.
        """
        with locking_transaction(using=self.tokens.db):
            lock_user(self.tokens.model, self.user_pk, using=self.tokens.db)
            self._lock_tokens()
            return self.tokens.filter(pk__in=self.ids).revoke(reason=self.reason)

    def one_by_one(self) -> Iterator[Revocation]:
        for pk in self.ids:
            yield Revocation(self.tokens, self.user_pk, [pk], self.reason)

    def _lock_tokens(self) -> None:
        """Lock the rows, because recording a use does not lock the user.

        A use is then written before the rows are checked again, or not at all.
        """
        connection = connections[self.tokens.db]
        if not connection.features.has_select_for_update:
            return
        rows = plain_rows(self.tokens.model, self.tokens.db).select_for_update().values_list("pk")
        if connection.vendor != "mysql":
            list(rows.filter(pk__in=self.ids).order_by("pk"))
            return
        # With "IN" or another condition, MySQL may scan the table. It would then wait for rows of
        # transactions that wait for these rows.
        for pk in self.ids:
            list(rows.filter(pk=pk))


def revocations(
    tokens: Tokens, *, reason: str, batch_size: int = BATCH_SIZE
) -> Iterator[Revocation]:
    """Yield one revocation for each user of a batch. Call each before asking for the next."""
    for batch in _batches(tokens, batch_size):
        ids_of_user: dict[Any, list[Any]] = defaultdict(list)
        for pk, user_pk in batch:
            ids_of_user[user_pk].append(pk)
        for user_pk, ids in ids_of_user.items():
            yield Revocation(tokens, user_pk, ids, reason)


def _batches(tokens: Tokens, size: int) -> Iterator[Batch]:
    """Yield lists of pairs of a token's id and its user's id, in the order of the tokens' ids."""
    # Max("pk") would fail for a UUID on PostgreSQL.
    ids = plain_rows(tokens.model, tokens.db).order_by("pk").values_list("pk", flat=True)
    last = ids.last()
    if last is None:
        return
    rest = tokens.filter(pk__lte=last).order_by("pk").values_list("pk", "user_id")
    batch = list(rest[:size])
    while batch:
        yield batch
        batch = list(rest.filter(pk__gt=batch[-1][0])[:size])
