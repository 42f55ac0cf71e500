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

__all__ = ["BATCH_SIZE", "revoke_in_batches"]

BATCH_SIZE = 1000

Tokens: TypeAlias = TokenQuerySet[Any]


def revoke_in_batches(
    tokens: Tokens,
    *,
    reason: str,
    batch_size: int = BATCH_SIZE,
    progress: Callable[[int], object] = lambda total: None,
) -> int:
    """End the tokens, up to the newest there is now. How many were ended by this call.

    What has been ended stays ended if this is killed. Each token is matched again under its
    user's lock: one that was used, or ended, meanwhile is left alone.

    :param batch_size: how many ids are read at once.
    :param progress: called with the total after each transaction.
    """
    total = 0
    for ids_of_user in _batches(tokens, batch_size):
        for user_pk, ids in ids_of_user.items():
            with transaction.atomic(using=tokens.db):
                lock_user(tokens.model, user_pk, using=tokens.db)
                total += tokens.filter(pk__in=ids).revoke(reason=reason)
            progress(total)
    return total


def _batches(tokens: Tokens, size: int) -> Iterator[dict[Any, list[int]]]:
    """The ids, up the table, by user."""
    last = all_rows(tokens.model, tokens.db).aggregate(last=Max("pk"))["last"]
    # Ids that another transaction has taken and not yet committed are beyond, too.
    rest = tokens.filter(pk__lte=last or 0).order_by("pk").values_list("pk", "user_id")
    rows = list(rest[:size])
    while rows:
        by_user: dict[Any, list[int]] = defaultdict(list)
        for pk, user_pk in rows:
            by_user[user_pk].append(pk)
        yield by_user
        rows = list(rest.filter(pk__gt=rows[-1][0])[:size])
