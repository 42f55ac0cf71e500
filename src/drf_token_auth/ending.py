"""Revoke the tokens of many users in short transactions, while the site is running.

An operation that revokes several tokens of a user locks the user's row (``lock_user``). Each
transaction here handles one user, so it holds only one such lock. A login also locks only one user,
so a login and a transaction never wait for each other in a circle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db import connections

from .locking import lock_user, locking_transaction
from .managers import TokenQuerySet, all_rows

__all__ = ["BATCH_SIZE", "Revocation", "revocations", "revoke_in_batches"]

BATCH_SIZE = 1000

Tokens: TypeAlias = TokenQuerySet[Any]
Batch: TypeAlias = list[tuple[Any, Any]]


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
        rows = all_rows(self.tokens.model, self.tokens.db).select_for_update().values_list("pk")
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
    ids = all_rows(tokens.model, tokens.db).order_by("pk").values_list("pk", flat=True)
    last = ids.last()
    if last is None:
        return
    rest = tokens.filter(pk__lte=last).order_by("pk").values_list("pk", "user_id")
    batch = list(rest[:size])
    while batch:
        yield batch
        batch = list(rest.filter(pk__gt=batch[-1][0])[:size])
