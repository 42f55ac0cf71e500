"""Durations on the command line: ``2w``, ``90d``, ``12h``, ``1h30m``, ``45s``."""

from __future__ import annotations

import argparse
import re
from contextlib import suppress
from datetime import timedelta

from django.core.management.base import CommandError

__all__ = ["duration", "given"]

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_WHOLE = re.compile(r"(?:[0-9]+[wdhms])+")
# How people write a duration: "7 days", "7days", "90".
_SPOKEN = re.compile(r"([0-9]{1,6}) ?(?:([wdhms])[a-z]*)?")
_PART = re.compile(r"([0-9]+)([wdhms])")
# A thousand years. The present plus or minus this duration is still a valid date.
_LONGEST = timedelta(days=365_000)


def given(value: timedelta | str | None) -> timedelta | None:
    """Return an option as a timedelta. ``call_command`` does not apply ``type=`` to a text."""
    try:
        return duration(value) if isinstance(value, str) else value
    except argparse.ArgumentTypeError as error:
        raise CommandError(str(error)) from error


def duration(text: str) -> timedelta:
    """Read a duration, for ``type=``."""
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
