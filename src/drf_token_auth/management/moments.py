"""Moments on the command line: ``2026-11-25``, ``2026-11-25T08:00``, ``2026-11-25T08:00:00Z``."""

from __future__ import annotations

import argparse
from contextlib import suppress
from datetime import datetime, time
from datetime import timezone as zones

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

__all__ = ["moment"]


def moment(text: str) -> datetime:
    """Read a moment, for ``type=``. A date means its first moment in ``TIME_ZONE``."""
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

    :raises OverflowError: the moment is before the first or after the last date of UTC.
    """
    if not settings.USE_TZ:
        return timezone.make_naive(found) if timezone.is_aware(found) else found
    aware = found if timezone.is_aware(found) else timezone.make_aware(found)
    return aware.astimezone(zones.utc)
