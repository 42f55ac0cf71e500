"""Times on the command line: durations such as ``2w`` or ``1h30m``, and moments.

A moment is ``2026-11-25``, ``2026-11-25T08:00`` or ``2026-11-25T08:00:00Z``.
"""

from __future__ import annotations

import argparse
import re
from contextlib import suppress
from datetime import datetime, time, timedelta
from datetime import timezone as zones
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from ..purging import UNKNOWN_USES, knows_uses

__all__ = ["duration", "given", "moment", "unused_for"]

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_WHOLE = re.compile(r"(?:[0-9]+[wdhms])+")
# How people write a duration: "7 days", "7days", "90".
_SPOKEN = re.compile(r"([0-9]{1,6}) ?(?:([wdhms])[a-z]*)?")
_PART = re.compile(r"([0-9]+)([wdhms])")
# A thousand years. The present plus or minus this duration is still a valid date.
_LONGEST = timedelta(days=365_000)


def given(value: timedelta | str | None) -> timedelta | None:
    """Return the value of an option as a timedelta. ``call_command()`` may pass it as text."""
    try:
        return duration(value) if isinstance(value, str) else value
    except argparse.ArgumentTypeError as error:
        raise CommandError(str(error)) from error


def unused_for(options: dict[str, Any]) -> timedelta | None:
    """Return the duration of ``--unused-for``, or None if the option is not given.

    :raises CommandError: the project does not record uses.
    """
    value = given(options["unused_for"])
    if value is not None and not knows_uses():
        raise CommandError(f"--unused-for cannot be used. {UNKNOWN_USES}")
    return value


def duration(text: str) -> timedelta:
    """Read a duration from the command line."""
    # int() raises ValueError for thousands of digits.
    with suppress(OverflowError, ValueError):
        if _WHOLE.fullmatch(text):
            total = sum(
                (timedelta(**{_UNITS[unit]: int(count)}) for count, unit in _PART.findall(text)),
                timedelta(0),
            )
            if total <= _LONGEST:
                return total
    raise argparse.ArgumentTypeError(
        f"{text!r} is not a duration such as 90d, 12h or 1h30m.{_meant(text)}"
    )


def _meant(text: str) -> str:
    """Return a sentence with the duration that was probably meant, or an empty text."""
    spoken = _SPOKEN.fullmatch(text.lower())
    if spoken is None:
        return ""
    count, unit = spoken.groups()
    return f" Did you mean {count}{unit}?" if unit else f" Did you mean {count}d or {count}h?"


def moment(text: str) -> datetime:
    """Read a moment from the command line. A date means its first moment in ``TIME_ZONE``."""
    with suppress(OverflowError, ValueError):
        day = parse_date(text)
        found = datetime.combine(day, time.min) if day else parse_datetime(text)
        if found is not None:
            return _as_stored(found)
    raise argparse.ArgumentTypeError(
        f"{text!r} is not a date or time such as 2026-11-25 or 2026-11-25T08:00:00+00:00"
    )


def _as_stored(found: datetime) -> datetime:
    """Convert the moment to the form that the database stores.

    :raises OverflowError: in UTC, the moment is before the year 1 or after the year 9999.
    """
    if not settings.USE_TZ:
        return timezone.make_naive(found) if timezone.is_aware(found) else found
    aware = found if timezone.is_aware(found) else timezone.make_aware(found)
    return aware.astimezone(zones.utc)
