"""Lock rows without waiting for other transactions."""

from __future__ import annotations

from typing import Any, cast

from django.db import connections, models

from .. import get_token_model, keys

__all__ = ["hold", "plain_rows"]


def plain_rows(model: Any, using: str) -> models.QuerySet[Any]:
    """Return all rows, by Django's own queryset: it hides none, and sends no signal of ours."""
    return models.QuerySet(model, using=using)


def hold(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Lock the rows that nobody else has locked, until the transaction ends. Return them."""
    features = connections[rows.db].features
    if not features.has_select_for_update:
        # SQLite has one write lock, and only a write takes it. No row has this digest.
        tokens = plain_rows(get_token_model(), rows.db)
        tokens.filter(digest=keys.unissued()).update(hint="")
        return rows
    # Where the database cannot name the tables to lock, it locks all that are joined.
    of = ("self",) if features.has_select_for_update_of else ()
    held = rows.select_for_update(
        skip_locked=features.has_select_for_update_skip_locked,
        of=of,
        no_key=features.has_select_for_no_key_update,
    )
    return cast("models.QuerySet[Any]", held)
