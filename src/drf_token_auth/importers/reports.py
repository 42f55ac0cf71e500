"""The numbers of an import or of a dry run, and their text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..rows.creation import NAME_LENGTH

if TYPE_CHECKING:
    from ..base_models import AbstractToken

__all__ = ["ImportReport", "report_line", "report_table"]

_LIMITS = {
    "within a day": timedelta(days=1),
    "within 7 days": timedelta(days=7),
    "within 30 days": timedelta(days=30),
    "within 90 days": timedelta(days=90),
    "within a year": timedelta(days=365),
}
_LATER = "later"
_NEVER = "never"
_EXPIRIES = (*_LIMITS, _LATER, _NEVER)

_WIDTH = 44
_REASONS = {
    "expired": "expired",
    "inactive": "of inactive users",
    "unusable": "with a key that no request can present",
    "ownerless": "of users who do not exist",
    "held": "locked by other transactions",
}


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
    #: No request can present the key, or ``read`` leaves the row out.
    unusable: int = 0
    #: The row names a user who does not exist.
    ownerless: int = 0
    #: Other transactions locked the row or its user all the time. Run the import again.
    held: int = 0
    #: The number of names that were longer than the column and were cut.
    cut_names: int = 0
    #: Imported tokens by kind.
    kinds: Counter[str] = field(default_factory=Counter)
    #: Imported tokens by the time until they expire, such as ``within a day`` or ``never``.
    expiries: Counter[str] = field(default_factory=Counter)
    #: The first and the last expiry of the imported tokens. None if none of them expires.
    first_expiry: datetime | None = None
    last_expiry: datetime | None = None

    def add(
        self, tokens: Iterable[AbstractToken], counts: Mapping[str, int], now: datetime
    ) -> None:
        """Add the new tokens of a transaction, and its numbers.

        :param counts: a mapping from names of the attributes above to the numbers to add.
        """
        for name, count in counts.items():
            setattr(self, name, getattr(self, name) + count)
        for token in tokens:
            self.imported += 1
            self.kinds[token.kind] += 1
            # With an idle timeout, uses of the token move its expiry up to renewable_until.
            end = token.expires_at if token.idle_timeout is None else token.renewable_until
            self.expiries[_expiry(end, now)] += 1
            if end is not None:
                self.first_expiry = min(self.first_expiry or end, end)
                self.last_expiry = max(self.last_expiry or end, end)


def _expiry(end: datetime | None, now: datetime) -> str:
    if end is None:
        return _NEVER
    return next((name for name, limit in _LIMITS.items() if end - now <= limit), _LATER)


def report_line(report: ImportReport) -> str:
    """Return one line of text that says what was imported."""
    said = (
        f"Imported {report.imported} tokens. Already here: {report.present}. Left out: "
        f"{report.expired} expired, {report.inactive} of inactive users, "
        f"{report.unusable} unusable."
    )
    if report.ownerless:
        said += f" {report.ownerless} rows name a user who does not exist."
    if report.cut_names:
        said += f" {report.cut_names} names were cut to {NAME_LENGTH} characters."
    return said


def report_table(report: ImportReport, table: str) -> str:
    """Return a table of what would be imported, what would be left out and why, and the expiries.

    :param table: the name of the old table.
    """
    return "\n".join(_lines(report, table))


def _lines(report: ImportReport, table: str) -> Iterator[str]:
    left_out = {name: getattr(report, name) for name in _REASONS}
    rows = report.imported + report.present + sum(left_out.values())
    yield _line(f"rows in {table}", rows)
    yield _line("would be imported", report.imported)
    for kind, count in sorted(report.kinds.items()):
        yield _line(f"  {kind} tokens", count)
    if report.cut_names:
        yield _line(f"  with a name cut to {NAME_LENGTH} characters", report.cut_names)
    yield _line("here already", report.present)
    yield _line("left out", sum(left_out.values()))
    for name, count in left_out.items():
        if count:
            yield _line(f"  {_REASONS[name]}", count)
    if report.imported:
        yield "when they would expire"
        for when in _EXPIRIES:
            if report.expiries[when]:
                yield _line(f"  {when}", report.expiries[when])
    if report.first_expiry is not None and report.last_expiry is not None:
        first, last = f"{report.first_expiry:%Y-%m-%d}", f"{report.last_expiry:%Y-%m-%d}"
        yield f"  the first on {first}, the last on {last}"


def _line(label: str, count: int) -> str:
    return f"{label:<{_WIDTH}}{count:>8}"
