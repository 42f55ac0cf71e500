"""Undo an import."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import models, router, transaction

from .. import get_token_model
from ..exceptions import Refused
from ..locking import plain_rows
from .locks import hold
from .old_tokens import OldToken
from .walks import BATCH_SIZE, walk

__all__ = ["undo_import"]


def undo_import(
    queryset: models.QuerySet[Any],
    read: Callable[[Any], OldToken],
    *,
    dry_run: bool = False,
    batch_size: int = BATCH_SIZE,
    using: str | None = None,
    progress: Callable[[int], object] = lambda deleted: None,
) -> tuple[int, int]:
    """Delete the tokens whose key is in the old table. The old rows stay as they are.

    Use it before you import again with other options. No token signal is sent, because the old app
    still accepts the keys. Tokens that were rotated since the import stay, because the old app does
    not know their new keys. Objects that point to a deleted token are deleted with it.

    :param queryset: the rows of the old table.
    :param read: a function that returns the :class:`OldToken` of a row.
    :param dry_run: count the tokens, but write nothing.
    :param batch_size: how many old rows one transaction handles.
    :param using: the alias of the database that has both tables. By default, it is the database
        to which the router writes tokens.
    :param progress: called after each transaction with the number deleted so far.
    :returns: two numbers: the deleted tokens, and the old rows whose token stays because other
        transactions locked it all the time.
    """
    model = get_token_model()
    using = using or router.db_for_write(model)
    old = queryset.using(using)
    deleted = 0

    def step(pks: Sequence[Any]) -> list[Any]:
        nonlocal deleted
        digests = _digests(old.filter(pk__in=pks), read)
        with transaction.atomic(using=using):
            tokens = plain_rows(model, using).filter(digest__in=list(digests)).order_by("pk")
            if dry_run:
                deleted += tokens.count()
                return []
            found = {token.pk: bytes(token.digest) for token in hold(tokens)}
            plain_rows(model, using).filter(pk__in=found).delete()
        deleted += len(found)
        progress(deleted)
        return [digests[bytes(left)] for left in tokens.values_list("digest", flat=True)]

    held = walk(old, step, batch_size)
    return deleted, held


def _digests(rows: models.QuerySet[Any], read: Callable[[Any], OldToken]) -> dict[bytes, Any]:
    """Map each digest that the new tokens can have to the primary key of the old row."""
    found = {}
    for row in rows:
        try:
            found.update(dict.fromkeys(read(row).digests(), row.pk))
        except Refused:
            continue
    return found
