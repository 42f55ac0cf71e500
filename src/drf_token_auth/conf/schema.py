"""All settings, with their defaults and rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, Literal, TypedDict

from . import rules


def setting(default: Any, rule: rules.Rule, *, repr: bool = True) -> Any:  # noqa: A002 -- as field()
    """Return a field of :class:`Settings`, with its default and the rule for a project's value."""
    return field(default_factory=lambda: default, repr=repr, metadata={"rule": rule})


@dataclass(frozen=True)
class Settings:
    """The settings in use. A value in ``DRF_TOKEN_AUTH`` replaces its default."""

    TTL: timedelta | None = setting(timedelta(days=14), rules.DURATION)
    PERSONAL_TTL: timedelta | None = setting(timedelta(days=90), rules.DURATION)
    MAX_TTL: timedelta | None = setting(None, rules.DURATION)
    IDLE_TIMEOUT: timedelta | None = setting(None, rules.DURATION)
    LAST_USED_INTERVAL: timedelta | None = setting(timedelta(minutes=10), rules.INTERVAL)
    MAX_TOKENS_PER_USER: int | None = setting(None, rules.LIMIT)
    WHEN_FULL: str = setting("evict_oldest", rules.choice("evict_oldest", "reject"))
    ROTATION_GRACE: timedelta | None = setting(timedelta(seconds=60), rules.INTERVAL)
    REVOKE_ON_REUSE: bool = setting(False, rules.SWITCH)
    PASSWORD_BOUND: Collection[str] = setting(("login",), rules.KINDS)
    RECENT_LOGIN: timedelta | None = setting(timedelta(minutes=15), rules.DURATION)
    SCOPES: Mapping[str, str] = setting({}, rules.SCOPES)
    PREFIX: str = setting("dta_", rules.PREFIX)
    PEPPERS: Mapping[int, bytes] = setting({}, rules.PEPPERS, repr=False)
    PEPPER: int | None = setting(None, rules.PEPPER_ID)
    UNKNOWN_KEYS: str = setting("reject", rules.choice("reject", "pass"))
    LOGIN_RATES: Mapping[str, str | None] = setting(rules.DEFAULT_LOGIN_RATES, rules.LOGIN_RATES)
    FAILED_KEY_RATE: str | None = setting(None, rules.RATE)

    @property
    def digest_version(self) -> int:
        """Return the version byte of new digests: the id of the pepper in use, or 0 for none."""
        return self.PEPPER or 0


RULES: dict[str, rules.Rule] = {each.name: each.metadata["rule"] for each in fields(Settings)}


class LoginRates(TypedDict, total=False):
    """The rates of login attempts for one client address and for one account: "20/min"."""

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
