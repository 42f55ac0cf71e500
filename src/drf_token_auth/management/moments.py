"""Moments on the command line: ``2026-11-25``, ``2026-11-25T08:00``, ``2026-11-25T08:00:00Z``."""

from __future__ import annotations

import argparse
from datetime import datetime, time

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

__all__ = ["moment"]


def moment(text: str) -> datetime:
    """For ``type=`` of an argument: as the database holds it; a date is its first moment."""
    try:
        day = parse_date(text)
        found = datetime.combine(day, time.min) if day else parse_datetime(text)
        if found is not None:
            return _as_stored(found)
    except (OverflowError, ValueError):
        pass
    raise argparse.ArgumentTypeError(
        f"{text!r} is no date or time such as 2026-11-25 or 2026-11-25T08:00:00+00:00"
    )


def _as_stored(found: datetime) -> datetime:
    if settings.USE_TZ and timezone.is_naive(found):
        return timezone.make_aware(found)
    if not settings.USE_TZ and timezone.is_aware(found):
        return timezone.make_naive(found)
    return found
