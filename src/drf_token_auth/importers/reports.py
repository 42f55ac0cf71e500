"""The numbers of an import, or of a dry run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..base_models import AbstractToken

__all__ = ["EXPIRIES", "ImportReport"]

_LIMITS = {
    "within a day": timedelta(days=1),
    "within 7 days": timedelta(days=7),
    "within 30 days": timedelta(days=30),
    "within 90 days": timedelta(days=90),
    "within a year": timedelta(days=365),
}
_LATER = "later"
_NEVER = "never"
EXPIRIES = (*_LIMITS, _LATER, _NEVER)


@dataclass
class ImportReport:
    """The number of imported rows, and the number of rows left out for each reason."""

    imported: int = 0
    #: The token is in the new table already.
    present: int = 0
    #: The token has expired, by its own expiry or by ``expire_after``.
    expired: int = 0
    #: The user's ``is_active`` is false.
    inactive: int = 0
    #: No request can present the key, or the old package itself refuses the row.
    unusable: int = 0
    #: The row names a user who does not exist.
    ownerless: int = 0
    #: Other transactions locked the row or its user all the time. Run the import again.
    held: int = 0
    #: The number of names that were longer than the column and were cut.
    cut_names: int = 0
    #: Imported tokens by kind.
    kinds: Counter[str] = field(default_factory=Counter)
    #: Imported tokens by the time until they expire. The dictionary keys are those of ``EXPIRIES``.
    expiries: Counter[str] = field(default_factory=Counter)
    first_expiry: datetime | None = None
    last_expiry: datetime | None = None

    def count(self, token: AbstractToken, *, is_name_cut: bool, now: datetime) -> None:
        """Count an imported token."""
        self.imported += 1
        self.cut_names += is_name_cut
        self.kinds[token.kind] += 1
        # With an idle timeout, uses of the token move its expiry up to renewable_until.
        end = token.expires_at if token.idle_timeout is None else token.renewable_until
        self.expiries[_expiry(end, now)] += 1
        if end is not None:
            self.first_expiry = min(self.first_expiry or end, end)
            self.last_expiry = max(self.last_expiry or end, end)

    def add(self, other: ImportReport) -> None:
        """Add the numbers of another transaction."""
        for name in ("imported", "present", "expired", "inactive", "unusable", "ownerless"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.held += other.held
        self.cut_names += other.cut_names
        self.kinds += other.kinds
        self.expiries += other.expiries
        ends = [end for end in (self.first_expiry, other.first_expiry) if end is not None]
        self.first_expiry = min(ends, default=None)
        ends = [end for end in (self.last_expiry, other.last_expiry) if end is not None]
        self.last_expiry = max(ends, default=None)


def _expiry(end: datetime | None, now: datetime) -> str:
    if end is None:
        return _NEVER
    return next((name for name, limit in _LIMITS.items() if end - now <= limit), _LATER)
