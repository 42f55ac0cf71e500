"""Lock rows without waiting for other transactions."""

from __future__ import annotations

from typing import Any, cast

from django.db import connections, models

from .. import get_token_model, keys
from ..locking import plain_rows

__all__ = ["hold"]


def hold(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Lock the rows until the transaction ends, and return them. Skip rows that others have locked.

    Databases without SKIP LOCKED wait for those rows.
    """
    features = connections[rows.db].features
    if not features.has_select_for_update:
        # SQLite has one write lock, and only a write takes it. No row has this digest, so the
        # write changes nothing.
        tokens = plain_rows(get_token_model(), rows.db)
        tokens.filter(digest=keys.unissued()).update(hint="")
        return rows
    # A database that cannot name the tables to lock locks all joined tables.
    of = ("self",) if features.has_select_for_update_of else ()
    held = rows.select_for_update(
        skip_locked=features.has_select_for_update_skip_locked,
        of=of,
        no_key=features.has_select_for_no_key_update,
    )
    return cast("models.QuerySet[Any]", held)
