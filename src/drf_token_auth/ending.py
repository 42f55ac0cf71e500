"""Ending the tokens of many users: in short transactions, beside whatever else is going on.

Who ends several tokens of a user holds the user's row meanwhile (``lock_user``). So each
transaction here is of one user: with one such lock it can wait for a login, and no login for it
and for another user at once.
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
    """End the tokens, up to the newest there is now. How many were ended by this call.

    What has been ended stays ended if this is killed.

    :param batch_size: how many ids are read at once.
    :param progress: called with the total after each transaction.
    """
    total = 0
    for revocation in revocations(tokens, reason=reason, batch_size=batch_size):
        total += revocation()
        progress(total)
    return total


@dataclass(frozen=True)
class Revocation:
    """One transaction: call it, and it says how many tokens of the user it has ended."""

    tokens: Tokens
    user_pk: Any
    ids: list[Any]
    reason: str

    def __call__(self) -> int:
        """Each is matched again under the locks: one that was used, or ended, meanwhile stays."""
        with locking_transaction(using=self.tokens.db):
            lock_user(self.tokens.model, self.user_pk, using=self.tokens.db)
            self._lock_tokens()
            return self.tokens.filter(pk__in=self.ids).revoke(reason=self.reason)

    def one_by_one(self) -> Iterator[Revocation]:
        for pk in self.ids:
            yield Revocation(self.tokens, self.user_pk, [pk], self.reason)

    def _lock_tokens(self) -> None:
        """A use has been written, or waits until the row is gone: it takes no user's lock."""
        connection = connections[self.tokens.db]
        if not connection.features.has_select_for_update:
            return
        rows = all_rows(self.tokens.model, self.tokens.db).select_for_update().values_list("pk")
        if connection.vendor != "mysql":
            list(rows.filter(pk__in=self.ids).order_by("pk"))
            return
        # For "IN", or with a condition besides, MySQL may scan the table, and wait for rows of
        # others who wait for these.
        for pk in self.ids:
            list(rows.filter(pk=pk))


def revocations(
    tokens: Tokens, *, reason: str, batch_size: int = BATCH_SIZE
) -> Iterator[Revocation]:
    """One of a user after the other, each to be called before the next is asked for."""
    for batch in _batches(tokens, batch_size):
        ids_of_user: dict[Any, list[Any]] = defaultdict(list)
        for pk, user_pk in batch:
            ids_of_user[user_pk].append(pk)
        for user_pk, ids in ids_of_user.items():
            yield Revocation(tokens, user_pk, ids, reason)


def _batches(tokens: Tokens, size: int) -> Iterator[Batch]:
    """The ids and their users, up the table."""
    # No Max("pk"): PostgreSQL has none of a UUID.
    ids = all_rows(tokens.model, tokens.db).order_by("pk").values_list("pk", flat=True)
    last = ids.last()
    if last is None:
        return
    rest = tokens.filter(pk__lte=last).order_by("pk").values_list("pk", "user_id")
    batch = list(rest[:size])
    while batch:
        yield batch
        batch = list(rest.filter(pk__gt=batch[-1][0])[:size])
