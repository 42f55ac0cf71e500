"""Decide when a token expires, with the limit ``MAX_TTL`` and the idle timeout.

A token has expired when ``now >= expires_at``. A token without ``expires_at`` never expires.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThanOrEqual

from ..conf import get_settings
from ..conf.rules import require_duration, require_moment
from .kinds import Kind

if TYPE_CHECKING:
    from ..base_models import AbstractToken


# Every time zone can show a moment that is this far from both ends of the calendar. An expiry
# in the year 9999 usually means "never".
MARGIN = timedelta(days=2)


def is_expired(token: AbstractToken, now: datetime) -> bool:
    return token.expires_at is not None and now >= token.expires_at


def expired(now: datetime) -> Q:
    """Return the condition for rows that have expired."""
    return Q(expires_at__lte=now)


def not_expired(now: datetime) -> Q:
    return Q(expires_at__isnull=True) | Q(expires_at__gt=now)


def last_use() -> Coalesce:
    """Return the expression for the last use of a row. The creation counts as a use."""
    return Coalesce("last_used_at", "created_at")


def unused_since(moment: datetime) -> Q:
    """Return the condition for rows without a use after this moment. The creation is a use."""
    return Q(LessThanOrEqual(last_use(), moment))


def start(token: AbstractToken, now: datetime) -> None:
    """Limit the expiry of a new token, and start its idle timeout.

    :raises TypeError: the expiry or the idle timeout has the wrong type.
    :raises ValidationError: the expiry is text that is not a date.
    """
    require_moment("expires_at", token.expires_at)
    require_duration("idle_timeout", token.idle_timeout)
    # The caller may have assigned text. The comparisons below need a datetime.
    column: Any = token._meta.get_field("expires_at")
    token.expires_at = column.get_prep_value(token.expires_at)
    cap(token, now)
    if token.idle_timeout is None and _has_default_idle_timeout(token):
        token.idle_timeout = get_settings().IDLE_TIMEOUT
    if token.idle_timeout is not None and token.renewable_until is None:
        # The given expiry becomes the limit for renewals by use.
        token.renewable_until = token.expires_at
        token.expires_at = renewed(now, token.idle_timeout, token.renewable_until)


def cap(token: AbstractToken, now: datetime) -> None:
    """Shorten the expiry and ``renewable_until`` to ``MAX_TTL`` after ``now``.

    An expiry at an end of the calendar moves by up to two days.
    """
    if token.expires_at is not None:
        zone = token.expires_at.tzinfo
        first = datetime.min.replace(tzinfo=zone) + MARGIN
        last = datetime.max.replace(tzinfo=zone) - MARGIN
        token.expires_at = min(max(token.expires_at, first), last)
    longest = get_settings().MAX_TTL
    if longest is not None:
        latest = now + longest
        token.expires_at = min(token.expires_at or latest, latest)
        token.renewable_until = token.renewable_until and min(token.renewable_until, latest)


def renewed(now: datetime, idle_timeout: timedelta, latest: datetime | None) -> datetime:
    """Return the new expiry of a token with an idle timeout that is used at ``now``.

    :param latest: the token's ``renewable_until``.
    """
    idle_end = now + idle_timeout
    return idle_end if latest is None else min(idle_end, latest)


def _has_default_idle_timeout(token: AbstractToken) -> bool:
    if token.is_idle_timeout_chosen or token.kind != Kind.LOGIN:
        return False
    # With a TTL, expires_at is None only if the caller chose it. Such a token must never expire.
    return token.expires_at is not None or get_settings().TTL is None
