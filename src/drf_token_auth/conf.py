"""The settings: ``DRF_TOKEN_AUTH`` as a frozen, validated snapshot.

Read with :func:`get_settings` at the time of use; the snapshot is dropped when a setting changes,
so ``override_settings`` works everywhere. ``settings.py`` may import :class:`TokenAuthSettings`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal, NamedTuple, TypedDict

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.functional import Promise

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
KINDS = ("login", "personal")


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


_RATE = re.compile(r"[1-9][0-9]*/[smhd][a-z]*")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 3.3
_PREFIX = re.compile(r"[A-Za-z0-9\-._~+/]{1,16}")  # RFC 6750 2.1
PEPPER_LENGTH = 32
# Of the column that holds a token's scopes, which may be all of them.
SCOPES_LENGTH = 1000


def _is_duration(value: object) -> bool:
    return value is None or (isinstance(value, timedelta) and value > timedelta(0))


def _is_interval(value: object) -> bool:
    return value is None or (isinstance(value, timedelta) and value >= timedelta(0))


def _is_limit(value: object) -> bool:
    return value is None or (type(value) is int and value > 0)


def _is_rate(value: object) -> bool:
    return value is None or (isinstance(value, str) and _RATE.fullmatch(value) is not None)


def _are_kinds(value: object) -> bool:
    return isinstance(value, (tuple, list, set, frozenset)) and all(kind in KINDS for kind in value)


def _are_scopes(value: object) -> bool:
    return (
        isinstance(value, Mapping)
        and all(
            isinstance(name, str) and _SCOPE.fullmatch(name) and isinstance(text, (str, Promise))
            for name, text in value.items()
        )
        and len(" ".join(value)) <= SCOPES_LENGTH
    )


def _are_peppers(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        type(id_) is int
        and 1 <= id_ <= 127
        and isinstance(secret, str)
        and len(secret) >= PEPPER_LENGTH
        for id_, secret in value.items()
    )


def _are_login_rates(value: object) -> bool:
    return value is None or (
        isinstance(value, Mapping)
        and set(value) <= {"address", "account"}
        and all(map(_is_rate, value.values()))
    )


_DURATION = "a positive timedelta, such as timedelta(days=14), or None"
_INTERVAL = "a timedelta, such as timedelta(minutes=10), or None"
_RATE_TEXT = 'a rate of DRF, such as "20/min", or None'

_RULES: dict[str, tuple[Callable[[object], bool], str]] = {
    "TTL": (_is_duration, _DURATION),
    "PERSONAL_TTL": (_is_duration, _DURATION),
    "MAX_TTL": (_is_duration, _DURATION),
    "IDLE_TIMEOUT": (_is_duration, _DURATION),
    "LAST_USED_INTERVAL": (_is_interval, _INTERVAL),
    "MAX_TOKENS_PER_USER": (_is_limit, "a positive integer or None"),
    "WHEN_FULL": (lambda v: v in ("evict_oldest", "reject"), '"evict_oldest" or "reject"'),
    "ROTATION_GRACE": (_is_interval, _INTERVAL),
    "REVOKE_ON_REUSE": (lambda v: isinstance(v, bool), "True or False"),
    "PASSWORD_BOUND": (_are_kinds, 'a tuple of kinds, such as ("login",) or ()'),
    "RECENT_LOGIN": (_is_duration, _DURATION),
    "SCOPES": (
        _are_scopes,
        'a dict of scopes to descriptions, such as {"read": "Read"}, of 1000 characters at most',
    ),
    "PREFIX": (
        lambda v: isinstance(v, str) and _PREFIX.fullmatch(v) is not None,
        "1 to 16 letters, digits or -._~+/ (RFC 6750 2.1)",
    ),
    "PEPPERS": (
        _are_peppers,
        f"a dict of ids (1 to 127) to secrets of at least {PEPPER_LENGTH} characters",
    ),
    "UNKNOWN_KEYS": (lambda v: v in ("reject", "pass"), '"reject" or "pass"'),
    "LOGIN_RATES": (
        _are_login_rates,
        'a dict such as {"address": "20/min", "account": "10/min"}, or None',
    ),
    "FAILED_KEY_RATE": (_is_rate, _RATE_TEXT),
}
_SECRET = {"PEPPERS"}


def problems() -> Iterator[Problem]:
    """What is wrong with the project's setting, in words that can be acted on."""
    raw = getattr(django_settings, SETTING, {})
    if not isinstance(raw, Mapping):
        yield Problem("E001", f"{SETTING} is not a dict.", f"{SETTING} = {{}} is the default.")
        return
    for name, value in raw.items():
        if name not in _RULES:
            near = difflib.get_close_matches(str(name), _RULES, n=1, cutoff=0)[0]
            yield Problem(
                "E002",
                f"{SETTING} has no setting {name!r}.",
                f"Did you mean {near!r}? Known are: {', '.join(_RULES)}.",
            )
            continue
        holds, wanted = _RULES[name]
        if not holds(value):
            shown = "what is set" if name in _SECRET else repr(value)
            yield Problem(
                "E003",
                f"{SETTING}[{name!r}] is {wanted}; it can't be {shown}.",
                f"Correct {SETTING}[{name!r}], or leave it out for the default.",
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
