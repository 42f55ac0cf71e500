"""Lock rows of an old table without the tables that their query joins."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import connections, models

from ..rows import locking

__all__ = ["hold"]

_Rows = TypeVar("_Rows", bound="models.QuerySet[Any, Any]")


def hold(rows: _Rows) -> _Rows:
    """Lock the rows until the transaction ends, and return them. Skip rows that others have locked.

    Rows that point to these can still be added.
    """
    features = connections[rows.db].features
    # A database that cannot name the tables to lock locks all joined tables.
    of = ("self",) if features.has_select_for_update_of else ()
    return locking.hold(rows, of=of, no_key=features.has_select_for_no_key_update)
