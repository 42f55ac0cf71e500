"""What each setting may be, and the words for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta

from django.utils.functional import Promise

__all__ = ["LONGEST", "RULES", "SCOPES_LENGTH", "SECRET"]

KINDS = ("login", "personal")
_RATE = re.compile(r"[1-9][0-9]*/[smhd][a-z]*")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 3.3
_PREFIX = re.compile(r"[A-Za-z0-9\-._~+/]{1,16}")  # RFC 6750 2.1
# What Python makes of bytes in the environment that are no UTF-8.
_SURROGATE = re.compile(r"[\ud800-\udfff]")
PEPPER_LENGTH = 32
# As long as a date so far from now can still be written down.
LONGEST = timedelta(days=36_500)
# Of the column that holds a token's scopes, which may be all of them.
SCOPES_LENGTH = 1000


def _is_duration(value: object) -> bool:
    return value is None or (isinstance(value, timedelta) and timedelta(0) < value <= LONGEST)


def _is_interval(value: object) -> bool:
    return value is None or (isinstance(value, timedelta) and timedelta(0) <= value <= LONGEST)


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
        and _SURROGATE.search(secret) is None
        for id_, secret in value.items()
    )


def _is_pepper_id(value: object) -> bool:
    return value is None or (type(value) is int and 1 <= value <= 127)


def _are_login_rates(value: object) -> bool:
    return value is None or (
        isinstance(value, Mapping)
        and set(value) <= {"address", "account"}
        and all(map(_is_rate, value.values()))
    )


_DURATION = "a positive timedelta of 100 years at most, such as timedelta(days=14), or None"
_INTERVAL = "a timedelta of 100 years at most, such as timedelta(minutes=10), or None"
_RATE_TEXT = 'a rate of DRF, such as "20/min", or None'

RULES: dict[str, tuple[Callable[[object], bool], str]] = {
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
        f"a dict of ids (1 to 127) to secrets of at least {PEPPER_LENGTH} characters of UTF-8",
    ),
    "PEPPER": (_is_pepper_id, "the id of a pepper in PEPPERS (1 to 127), or None"),
    "UNKNOWN_KEYS": (lambda v: v in ("reject", "pass"), '"reject" or "pass"'),
    "LOGIN_RATES": (
        _are_login_rates,
        'a dict such as {"address": "20/min", "account": "10/min"}, or None',
    ),
    "FAILED_KEY_RATE": (_is_rate, _RATE_TEXT),
}
# Whose values are shown nowhere.
SECRET = {"PEPPERS"}
