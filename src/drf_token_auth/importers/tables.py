"""Format the report of an import as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from ..rows.creation import NAME_LENGTH
from .reports import EXPIRIES, ImportReport

__all__ = ["report_line", "report_table"]

_WIDTH = 44
_REASONS = {
    "expired": "expired",
    "inactive": "of inactive users",
    "unusable": "with a key that no request can present",
    "ownerless": "of users who do not exist",
    "held": "locked by other transactions",
}


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
        for when in EXPIRIES:
            if report.expiries[when]:
                yield _line(f"  {when}", report.expiries[when])
    if report.first_expiry is not None and report.last_expiry is not None:
        first, last = f"{report.first_expiry:%Y-%m-%d}", f"{report.last_expiry:%Y-%m-%d}"
        yield f"  the first on {first}, the last on {last}"


def _line(label: str, count: int) -> str:
    return f"{label:<{_WIDTH}}{count:>8}"
