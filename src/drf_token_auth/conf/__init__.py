"""The settings: ``DRF_TOKEN_AUTH`` as a frozen, validated snapshot.

Read with :func:`get_settings` at the time of use; the snapshot is dropped when a setting changes,
so ``override_settings`` works everywhere. ``settings.py`` may import :class:`TokenAuthSettings`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal, NamedTuple, TypedDict

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from .rules import RULES, SECRET

__all__ = [
    "SETTING",
    "TOKEN_MODEL_SETTING",
    "LoginRates",
    "Problem",
    "Settings",
    "TokenAuthSettings",
    "get_settings",
    "problems",
    "token_model_label",
]

SETTING = "DRF_TOKEN_AUTH"
TOKEN_MODEL_SETTING = "DRF_TOKEN_AUTH_TOKEN_MODEL"
DEFAULT_TOKEN_MODEL = "drf_token_auth.Token"


class LoginRates(TypedDict, total=False):
    """Login attempts a client address and an account may make, as DRF rates."""

    address: str | None
    account: str | None


class TokenAuthSettings(TypedDict, total=False):
    """For ``DRF_TOKEN_AUTH: TokenAuthSettings = {…}`` in ``settings.py``."""

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


@dataclass(frozen=True)
class Settings:
    """What the package reads. The defaults are the contract of the reference page."""

    TTL: timedelta | None = timedelta(days=14)
    PERSONAL_TTL: timedelta | None = timedelta(days=90)
    MAX_TTL: timedelta | None = None
    IDLE_TIMEOUT: timedelta | None = None
    LAST_USED_INTERVAL: timedelta | None = timedelta(minutes=10)
    MAX_TOKENS_PER_USER: int | None = None
    WHEN_FULL: str = "evict_oldest"
    ROTATION_GRACE: timedelta | None = timedelta(seconds=60)
    REVOKE_ON_REUSE: bool = False
    PASSWORD_BOUND: tuple[str, ...] = ("login",)
    RECENT_LOGIN: timedelta | None = timedelta(minutes=15)
    SCOPES: Mapping[str, str] = field(default_factory=dict)
    PREFIX: str = "dta_"
    PEPPERS: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    PEPPER: int | None = None
    UNKNOWN_KEYS: str = "reject"
    LOGIN_RATES: Mapping[str, str | None] = field(
        default_factory=lambda: {"address": "20/min", "account": "10/min"}
    )
    FAILED_KEY_RATE: str | None = None


class Problem(NamedTuple):
    """One thing that is wrong with the setting; ``id`` is the check's, without the app label."""

    id: str
    message: str
    hint: str


def _nearest(name: str) -> str:
    """The setting that was meant, whatever its case; the model is one outside the dict."""
    known = {**dict.fromkeys(RULES), "TOKEN_MODEL": None}
    [near] = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0)
    return near if near in RULES else TOKEN_MODEL_SETTING


def problems() -> Iterator[Problem]:
    """What is wrong with the project's setting, in words that can be acted on."""
    raw = getattr(django_settings, SETTING, {})
    if not isinstance(raw, Mapping):
        yield Problem("E001", f"{SETTING} is not a dict.", f"{SETTING} = {{}} is the default.")
        return
    for name, value in raw.items():
        if name not in RULES:
            near = _nearest(str(name))
            yield Problem(
                "E002",
                f"{SETTING} has no setting {name!r}.",
                f"Did you mean {near!r}? Known are: {', '.join(RULES)}.",
            )
            continue
        holds, wanted = RULES[name]
        if not holds(value):
            shown = "what is set" if name in SECRET else repr(value)
            yield Problem(
                "E003",
                f"{SETTING}[{name!r}] is {wanted}; it can't be {shown}.",
                f"Correct {SETTING}[{name!r}], or leave it out for the default.",
            )
            continue
        peppers = raw.get("PEPPERS", {})
        is_readable = RULES["PEPPERS"][0](peppers)
        if name == "PEPPER" and is_readable and value not in {None, *peppers}:
            yield Problem(
                "E003",
                f"{SETTING}['PEPPER'] is {value}, but {SETTING}['PEPPERS'] has no pepper {value}.",
                f"Add the pepper {value} to PEPPERS, or name a pepper that PEPPERS has.",
            )


def _load() -> Settings:
    for problem in problems():
        raise ImproperlyConfigured(f"{problem.message} {problem.hint}")
    raw: dict[str, Any] = dict(getattr(django_settings, SETTING, {}))
    if "PASSWORD_BOUND" in raw:
        raw["PASSWORD_BOUND"] = tuple(raw["PASSWORD_BOUND"])
    if "PEPPERS" in raw:
        raw["PEPPERS"] = {id_: secret.encode() for id_, secret in raw["PEPPERS"].items()}
    if "LOGIN_RATES" in raw:
        rates = raw["LOGIN_RATES"]
        raw["LOGIN_RATES"] = {} if rates is None else {**Settings().LOGIN_RATES, **rates}
    return replace(Settings(), **raw)


_snapshot: Settings | None = None
_label: str | None = None


def get_settings() -> Settings:
    """The settings in force.

    :raises ImproperlyConfigured: a name or a value is wrong (``manage.py check`` says so first).
    """
    global _snapshot  # noqa: PLW0603 -- one snapshot a process is the point
    if _snapshot is None:
        _snapshot = _load()
    return _snapshot


def token_model_label() -> str:
    """``app_label.ModelName`` of the token model in use."""
    global _label  # noqa: PLW0603
    if _label is None:
        _label = getattr(django_settings, TOKEN_MODEL_SETTING, DEFAULT_TOKEN_MODEL)
    return _label


def _drop(*, setting: str, **kwargs: object) -> None:
    global _snapshot, _label  # noqa: PLW0603
    if setting == SETTING:
        _snapshot = None
    elif setting == TOKEN_MODEL_SETTING:
        _label = None


setting_changed.connect(_drop, dispatch_uid="drf_token_auth.conf")
