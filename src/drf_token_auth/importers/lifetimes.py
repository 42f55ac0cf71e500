"""Compute when an imported token expires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..base_models import Kind
from ..conf import get_settings
from ..conf.rules import require_duration
from .old_tokens import OldToken

__all__ = ["Lifetime"]


@dataclass(frozen=True)
class Lifetime:
    """The options of an import that decide when its tokens expire. At most one may be given.

    :raises ValueError: several options are given, or a duration is not positive.
    :raises TypeError: a duration is not a timedelta.
    """

    ttl: timedelta | None = None
    expire_after: timedelta | None = None
    keep_forever: bool = False

    def __post_init__(self) -> None:
        chosen = [self.ttl is not None, self.expire_after is not None, self.keep_forever]
        if sum(chosen) > 1:
            raise ValueError("Give one of ttl, expire_after and keep_forever, not several.")
        for name in ("ttl", "expire_after"):
            given = getattr(self, name)
            require_duration(name, given)
            if given is not None and given <= timedelta(0):
                raise ValueError(f"{name} must be longer than 0, but it is {given}.")

    def expiry_of(self, old: OldToken, kind: str, now: datetime) -> datetime | None:
        """Return when the new token expires, or None for never. The time may be in the past."""
        if old.expires_at is not None and now >= old.expires_at:
            return old.expires_at
        if self.ttl is not None:
            return now + self.ttl
        if self.expire_after is not None:
            end = (old.created_at or now) + self.expire_after
            return end if old.expires_at is None else min(end, old.expires_at)
        if old.expires_at is not None or self.keep_forever:
            return old.expires_at
        conf = get_settings()
        default = conf.PERSONAL_TTL if kind == Kind.PERSONAL else conf.TTL
        return None if default is None else now + default
