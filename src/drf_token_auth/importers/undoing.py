"""Undo an import."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import models, router, transaction

from .. import get_token_model
from ..exceptions import Refused
from ..rows.locking import plain_rows
from .old_tokens import OldToken
from .walks import BATCH_SIZE, hold, walk

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
    not know their new keys. Objects that point to a deleted token follow their ``on_delete``.

    The arguments are those of :func:`import_tokens`. A row that ``read`` leaves out is skipped.

    :param progress: called after each transaction with the number deleted so far.
    :returns: two numbers: the deleted tokens, and the old rows whose token stays because other
        transactions locked it all the time.
    """
    using = using or router.db_for_write(get_token_model())
    old = queryset.using(using)
    deleted = 0

    def step(pks: Sequence[Any]) -> list[Any]:
        nonlocal deleted
        count, held = _delete(_digests(old.filter(pk__in=pks), read), using, dry_run=dry_run)
        deleted += count
        progress(deleted)
        return held

    held = walk(old, step, batch_size)
    return deleted, held


def _delete(digests: dict[bytes, Any], using: str, *, dry_run: bool) -> tuple[int, list[Any]]:
    """Delete the tokens with these digests. A dry run only counts them.

    :param digests: a mapping from each digest to the primary key of the old row.
    :returns: the number of tokens, and the primary keys of the old rows to try again.
    """
    rows = plain_rows(get_token_model(), using)
    tokens = rows.filter(digest__in=list(digests)).order_by("pk")
    if dry_run:
        return tokens.count(), []
    with transaction.atomic(using=using):
        found = [token.pk for token in hold(tokens)]
        rows.filter(pk__in=found).delete()
    return len(found), [digests[bytes(left)] for left in tokens.values_list("digest", flat=True)]


def _digests(rows: models.QuerySet[Any], read: Callable[[Any], OldToken]) -> dict[bytes, Any]:
    """Map each digest that the new tokens can have to the primary key of the old row."""
    found = {}
    for row in rows:
        try:
            found.update(dict.fromkeys(read(row).digests(), row.pk))
        except Refused:
            continue
    return found
