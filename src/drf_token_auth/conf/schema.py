"""All settings, with their defaults and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, Literal, TypedDict

from .entries import DEFAULT_LOGIN_RATES, LOGIN_RATES, PEPPERS, SCOPES
from .rules import (
    DURATION,
    INTERVAL,
    KINDS,
    LIMIT,
    PEPPER_ID,
    PREFIX,
    RATE,
    SWITCH,
    Rule,
    choice,
)

__all__ = ["RULES", "LoginRates", "Settings", "TokenAuthSettings"]


def setting(default: Any, rule: Rule, *, repr: bool = True) -> Any:  # noqa: A002 -- as field()
    """Return a field of :class:`Settings`, with its default and the rule for a project's value."""
    made = (lambda: dict(default)) if isinstance(default, Mapping) else (lambda: default)
    return field(default_factory=made, repr=repr, metadata={"rule": rule})


@dataclass(frozen=True)
class Settings:
    """The settings that the code uses: the defaults, replaced by ``DRF_TOKEN_AUTH``."""

    TTL: timedelta | None = setting(timedelta(days=14), DURATION)
    PERSONAL_TTL: timedelta | None = setting(timedelta(days=90), DURATION)
    MAX_TTL: timedelta | None = setting(None, DURATION)
    IDLE_TIMEOUT: timedelta | None = setting(None, DURATION)
    LAST_USED_INTERVAL: timedelta | None = setting(timedelta(minutes=10), INTERVAL)
    MAX_TOKENS_PER_USER: int | None = setting(None, LIMIT)
    WHEN_FULL: str = setting("evict_oldest", choice("evict_oldest", "reject"))
    ROTATION_GRACE: timedelta | None = setting(timedelta(seconds=60), INTERVAL)
    REVOKE_ON_REUSE: bool = setting(False, SWITCH)
    PASSWORD_BOUND: tuple[str, ...] = setting(("login",), KINDS)
    RECENT_LOGIN: timedelta | None = setting(timedelta(minutes=15), DURATION)
    SCOPES: Mapping[str, str] = setting({}, SCOPES)
    PREFIX: str = setting("dta_", PREFIX)
    PEPPERS: Mapping[int, bytes] = setting({}, PEPPERS, repr=False)
    PEPPER: int | None = setting(None, PEPPER_ID)
    UNKNOWN_KEYS: str = setting("reject", choice("reject", "pass"))
    LOGIN_RATES: Mapping[str, str | None] = setting(DEFAULT_LOGIN_RATES, LOGIN_RATES)
    FAILED_KEY_RATE: str | None = setting(None, RATE)

    @property
    def digest_version(self) -> int:
        """The version byte of new digests: the id of the pepper in use, or 0 without one."""
        return self.PEPPER or 0


RULES: dict[str, Rule] = {each.name: each.metadata["rule"] for each in fields(Settings)}


class LoginRates(TypedDict, total=False):
    """How many logins one client address and one account may try, as rates of DRF."""

    address: str | None
    account: str | None


class TokenAuthSettings(TypedDict, total=False):
    """The type of ``DRF_TOKEN_AUTH``, for ``settings.py`` and a type checker."""

    TTL: timedelta | None
    PERSONAL_TTL: timedelta | None
    MAX_TTL: timedelta | None
    IDLE_TIMEOUT: timedelta | None
    LAST_USED_INTERVAL: timedelta | None
    MAX_TOKENS_PER_USER: int | None
    WHEN_FULL: Literal["evict_oldest", "reject"]
    ROTATION_GRACE: timedelta | None
    REVOKE_ON_REUSE: bool
    PASSWORD_BOUND: tuple[str, ...]
    RECENT_LOGIN: timedelta | None
    SCOPES: dict[str, str]
    PREFIX: str
    PEPPERS: dict[int, str]
    PEPPER: int | None
    UNKNOWN_KEYS: Literal["reject", "pass"]
    LOGIN_RATES: LoginRates | None
    FAILED_KEY_RATE: str | None
