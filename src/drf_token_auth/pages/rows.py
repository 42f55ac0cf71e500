"""Plain values of tokens for templates, so that no template can reach a digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from ..base_models import AbstractToken, Kind
from ..conf import get_settings
from .durations import in_words

__all__ = ["ScopeRow", "TokenRow", "row_of", "scope_rows"]

EXPIRES_SOON = timedelta(days=7)


@dataclass(frozen=True)
class ScopeRow:
    name: str
    description: str


@dataclass(frozen=True)
class TokenRow:
    """One device or API token.

    ``scopes`` is None if the token may do everything that its user may do. ``idle_timeout`` is in
    words, or empty. ``renewable_until`` is the latest expiry that uses can reach.
    """

    pk: str
    kind: str
    label: str
    hint: str
    scopes: list[ScopeRow] | None
    created_at: datetime
    last_used_at: datetime | None
    was_just_used: bool
    expires_at: datetime | None
    expires_soon: bool
    idle_timeout: str
    renewable_until: datetime | None
    is_current: bool
    url: str
    revoke_url: str


def scope_rows(names: list[str] | None) -> list[ScopeRow] | None:
    if names is None:
        return None
    known = get_settings().SCOPES
    return [ScopeRow(name, str(known.get(name, name))) for name in names]


def label_of(token: AbstractToken) -> str:
    if token.name:
        return token.name
    return _("Unnamed device") if token.kind == Kind.LOGIN else _("Unnamed token")


def row_of(token: AbstractToken, *, is_current: bool, url: str, revoke_url: str) -> TokenRow:
    now = timezone.now()
    interval = get_settings().LAST_USED_INTERVAL or timedelta(0)
    used = token.last_used_at
    return TokenRow(
        pk=str(token.pk),
        kind=token.kind,
        label=label_of(token),
        hint=token.hint,
        scopes=scope_rows(token.scope_list),
        created_at=token.created_at,
        last_used_at=used,
        # One use per interval is recorded, so the last use may be later than the recorded one.
        was_just_used=used is not None and now - used < max(interval, timedelta(minutes=1)),
        expires_at=token.expires_at,
        expires_soon=_expires_soon(token, now),
        idle_timeout="" if token.idle_timeout is None else in_words(token.idle_timeout),
        renewable_until=token.renewable_until,
        is_current=is_current,
        url=url,
        revoke_url=revoke_url,
    )


def _expires_soon(token: AbstractToken, now: datetime) -> bool:
    last = token.expires_at if token.idle_timeout is None else token.renewable_until
    return last is not None and last - now < EXPIRES_SOON
