"""Count a big table only up to 10,000 rows."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.paginator import Paginator
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator

__all__ = ["COUNTED", "BoundedPaginator"]

COUNTED = 10_000


class _MoreThan(int):
    """A number that templates show as "more than 10,000"."""

    def __str__(self) -> str:
        if settings.USE_THOUSAND_SEPARATOR:
            # Django counts from the right to insert separators, so the digits must stand last.
            return f">{COUNTED}"
        return _("more than 10,000")


class BoundedPaginator(_Paginator):
    """Read at most 10,001 rows to count. A full count reads the whole table."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        counted: int = rows.order_by()[: COUNTED + 1].count()
        return _MoreThan(counted) if counted > COUNTED else counted
