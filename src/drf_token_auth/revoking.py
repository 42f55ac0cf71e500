"""Ending the tokens of many users: in short transactions, beside whatever else is going on.

Who ends several tokens of a user holds the user's row meanwhile (``lock_user``). So each
transaction here is of one user: with one such lock it can wait for a login, and no login for it
and for another user at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from django.db import transaction
from django.db.models import Max

from .managers import TokenQuerySet, all_rows, lock_user

__all__ = ["BATCH_SIZE", "revoke_by_user", "revoke_in_batches"]

BATCH_SIZE = 1000

Tokens: TypeAlias = TokenQuerySet[Any]
Batch: TypeAlias = list[tuple[int, Any]]


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
    for batch in _batches(tokens, batch_size):
        for count in _revoke_by_user(tokens, batch, reason):
            total += count
            progress(total)
    return total


def revoke_by_user(tokens: Tokens, *, reason: str) -> int:
    """End the tokens, few enough to be read at once. How many were ended by this call."""
    batch = list(tokens.order_by("pk").values_list("pk", "user_id"))
    return sum(_revoke_by_user(tokens, batch, reason))


def _revoke_by_user(tokens: Tokens, batch: Batch, reason: str) -> Iterator[int]:
    """How many of each user, once they are ended.

    Each is matched again under its user's lock: a token that was used, or ended, meanwhile is left
    alone.
    """
    ids_of_user: dict[Any, list[int]] = defaultdict(list)
    for pk, user_pk in batch:
        ids_of_user[user_pk].append(pk)
    for user_pk, ids in ids_of_user.items():
        with transaction.atomic(using=tokens.db):
            lock_user(tokens.model, user_pk, using=tokens.db)
            count = tokens.filter(pk__in=ids).revoke(reason=reason)
        yield count


def _batches(tokens: Tokens, size: int) -> Iterator[Batch]:
    """The ids and their users, up the table."""
    last = all_rows(tokens.model, tokens.db).aggregate(last=Max("pk"))["last"]
    rest = tokens.filter(pk__lte=last or 0).order_by("pk").values_list("pk", "user_id")
    batch = list(rest[:size])
    while batch:
        yield batch
        batch = list(rest.filter(pk__gt=batch[-1][0])[:size])
