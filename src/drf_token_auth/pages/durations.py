"""The lifetimes that the form offers, and durations in words."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from ..conf import get_settings
from ..conf.rules import LONGEST

__all__ = ["DATE", "NEVER", "default_lifetime", "end_of_day", "in_words", "last_day", "lifetimes"]

DATE = "date"
NEVER = "never"
YEAR = timedelta(days=365)
PRESETS = (*(timedelta(days=days) for days in (7, 30, 60, 90)), YEAR)


SECOND = timedelta(seconds=1)
UNITS: tuple[tuple[timedelta, Any], ...] = (
    (YEAR, ngettext_lazy("%(count)d year", "%(count)d years", "count")),
    (timedelta(days=1), ngettext_lazy("%(count)d day", "%(count)d days", "count")),
    (timedelta(hours=1), ngettext_lazy("%(count)d hour", "%(count)d hours", "count")),
    (timedelta(minutes=1), ngettext_lazy("%(count)d minute", "%(count)d minutes", "count")),
    (SECOND, ngettext_lazy("%(count)d second", "%(count)d seconds", "count")),
)


def in_words(duration: timedelta) -> str:
    """Return the duration in the largest unit that divides it: "90 days", "12 hours"."""
    whole = duration - duration % SECOND
    unit, words = next(one for one in UNITS if not whole % one[0])
    return str(words % {"count": whole // unit})


def local(moment: datetime) -> datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def end_of_day(day: date) -> datetime:
    """Return the last second of the day in the current time zone."""
    moment = datetime.combine(day, time(23, 59, 59))
    return timezone.make_aware(moment) if timezone.is_aware(timezone.now()) else moment


def last_day() -> date:
    """Return the last day that a user may choose. The token then works until the day ends.

    With a short ``MAX_TTL``, a new token may expire before today ends. Then return yesterday.
    """
    longest = get_settings().MAX_TTL or LONGEST - timedelta(days=1)
    after = local(timezone.now() + longest) + timedelta(seconds=1)
    return after.date() - timedelta(days=1)


def default_lifetime() -> timedelta | None:
    """Return ``PERSONAL_TTL``, but at most ``MAX_TTL``. None means that the token never expires."""
    conf = get_settings()
    if conf.PERSONAL_TTL is None or conf.MAX_TTL is None:
        return conf.PERSONAL_TTL or conf.MAX_TTL
    return min(conf.PERSONAL_TTL, conf.MAX_TTL)


def lifetimes() -> list[tuple[str, str]]:
    """Return the choices of the form: seconds, "date" or "never", each with its label."""
    longest = get_settings().MAX_TTL
    offered = {preset for preset in PRESETS if longest is None or preset <= longest}
    offered |= {one for one in (default_lifetime(), longest) if one is not None}
    choices = [(str(int(one.total_seconds())), _until(one)) for one in sorted(offered)]
    if last_day() >= local(timezone.now()).date():
        choices.append((DATE, _("Until a date of your choice")))
    if longest is None:
        choices.append((NEVER, _("Never expires")))
    return choices


def _until(duration: timedelta) -> str:
    words: dict[str, Any] = {
        "duration": in_words(duration),
        "date": date_format(local(timezone.now() + duration), "DATE_FORMAT"),
    }
    return _("%(duration)s, until %(date)s") % words
