"""The rules of the settings: which values are allowed, and what to say about the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.utils.functional import Promise

# A moment this far from now is still a date that Python can hold.
LONGEST = timedelta(days=36_500)
# The length of the column that holds a token's scopes. A token may have all scopes in SCOPES.
SCOPES_LENGTH = 1000
DEFAULT_LOGIN_RATES: Mapping[str, str | None] = {"address": "20/min", "account": "10/min"}

_SHOWN_LENGTH = 100
# With more digits, timedelta() could raise OverflowError.
_SPOKEN = re.compile(r"([0-9]{1,8}(?:\.[0-9]+)?) ?([smhdw]?)[a-z]*")
_UNITS = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_NEVER = {"never", "none", "null", "off", "false"}


class Fault(NamedTuple):
    """Why a value is refused. ``entry`` is the place inside a dict, such as ``['address']``."""

    wanted: str
    shown: str
    meant: str | None = None
    entry: str = ""


def show(value: object) -> str:
    """Return the value as a person would write it, on one line and cut to 100 characters."""
    try:
        text = " ".join(repr(value).replace("datetime.timedelta", "timedelta").split())
    except Exception:  # noqa: BLE001 -- a setting may be any object, and its repr any code
        return kind_of(value)
    return text if len(text) <= _SHOWN_LENGTH else f"{text[: _SHOWN_LENGTH - 1]}…"


def kind_of(value: object) -> str:
    """Name the type of a value, for settings whose value must not be shown."""
    return "None" if value is None else f"of type {type(value).__name__}"


def _number_or_kind(value: object) -> str:
    """Show an integer. Any other value may be a secret, so show only its type."""
    return show(value) if type(value) is int else kind_of(value)


def _is_pepper_id(value: object) -> bool:
    return type(value) is int and 1 <= value <= 127


def as_timedelta(value: object) -> str | None:
    """Return the code to write for a value such as ``"14 days"`` or ``"never"``.

    :returns: a text, such as ``"timedelta(days=14)"`` or ``"None"``. None if the value is unclear.
    """
    if isinstance(value, timedelta):
        return show(value)
    text = show(value).strip("' ").lower()
    if text in _NEVER and isinstance(value, str):
        return "None"
    spoken = _SPOKEN.fullmatch(text)
    if spoken is None:
        return None
    number, unit = spoken[1], _UNITS[spoken[2]]
    is_right = timedelta(0) < timedelta(**{unit: float(number)}) <= LONGEST
    return f"timedelta({unit}={number})" if is_right else None


def require_duration(name: str, value: object) -> None:
    """Raise TypeError if the value is not a timedelta or None. The message says what to write.

    :param name: the argument's name, for the message.
    """
    if value is None or isinstance(value, timedelta):
        return
    meant = as_timedelta(value) or "timedelta(days=14)"
    raise TypeError(
        f"{name} must be a timedelta or None, but it is {show(value)}. Write {name}={meant}."
    )


def require_moment(name: str, value: object) -> None:
    """Raise TypeError if the value cannot be a date. The message says what to write.

    A text is accepted here, because the model field reads it.

    :param name: the column's name, for the message.
    """
    if value is None or isinstance(value, (date, str)):
        return
    span = as_timedelta(value) or "timedelta(days=14)"
    raise TypeError(
        f"{name} must be a datetime or None, but it is {show(value)}. "
        f"Write {name}=timezone.now() + {span}."
    )


@dataclass(frozen=True)
class Rule:
    """The values that a setting may have: ``wanted`` names them, and ``accepts`` tests one.

    ``example`` is a value to write. ``shown`` makes the text of a wrong value for a message.
    ``read`` turns a right value into the one that the code uses.
    """

    example: str
    wanted: str
    accepts: Callable[[Any], bool]
    shown: Callable[[object], str] = show
    read: Callable[[Any], Any] = lambda value: value
    takes_none: bool = field(default=False, kw_only=True)

    def fault(self, value: Any) -> Fault | None:
        """Return what is wrong with a project's value, or None."""
        return None if value is None and self.takes_none else self._fault(value)

    def _fault(self, value: Any) -> Fault | None:
        return None if self.accepts(value) else Fault(self.wanted, self.shown(value))


class _Duration(Rule):
    def _fault(self, value: Any) -> Fault | None:
        if isinstance(value, timedelta):
            return super()._fault(value)
        return Fault("a timedelta or None", show(value), as_timedelta(value))


@dataclass(frozen=True)
class _Dict(Rule):
    """A dict. ``accepts`` tests each name, and ``entry`` each value. A fault names one entry."""

    entry: Rule = field(kw_only=True)

    def _fault(self, value: Any) -> Fault | None:
        if not isinstance(value, Mapping):
            return Fault(self.wanted, self.shown(value))
        for name, one in value.items():
            if not self.accepts(name):
                return Fault(self.wanted, f"a dict with the entry {self.shown(name)}")
            found = self.entry.fault(one)
            if found is not None:
                return found._replace(entry=f"[{name!r}]")
        return None


class _Scopes(_Dict):
    def _fault(self, value: Any) -> Fault | None:
        fault = super()._fault(value)
        if fault is not None or len(" ".join(value)) <= SCOPES_LENGTH:
            return fault
        wanted = f"a dict whose names fit into {SCOPES_LENGTH} characters, with spaces between them"
        return Fault(wanted, f"{len(' '.join(value))} characters long")


def _matches(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def choice(*choices: str) -> Rule:
    """Return the rule for a setting whose value must be one of these texts."""
    wanted = " or ".join(f'"{one}"' for one in choices)
    return Rule(f'"{choices[0]}"', wanted, lambda value: value in choices)


DURATION = _Duration(
    "timedelta(days=14)",
    "a positive timedelta of at most 100 years, or None",
    lambda value: timedelta(0) < value <= LONGEST,
    takes_none=True,
)
INTERVAL = _Duration(
    "timedelta(minutes=10)",
    "a timedelta from 0 to 100 years, or None",
    lambda value: timedelta(0) <= value <= LONGEST,
    takes_none=True,
)
LIMIT = Rule(
    "10",
    "a positive integer or None",
    lambda value: type(value) is int and value > 0,
    takes_none=True,
)
SWITCH = Rule("True", "True or False", lambda value: isinstance(value, bool))
RATE = Rule(
    '"20/min"',
    'a rate such as "20/min", or None',
    _matches("[1-9][0-9]*/[smhd][a-z]*"),
    takes_none=True,
)
KINDS = Rule(
    '("login",)',
    'a tuple of the kinds "login" and "personal"',
    lambda value: (
        isinstance(value, (tuple, list, set, frozenset))
        and all(one in ("login", "personal") for one in value)
    ),
)
PREFIX = Rule(
    '"dta_"',
    "a text of 1 to 16 letters, digits or -._~+/, and not the word in the Authorization header",
    _matches(r"(?!(?i:token|bearer|jwt)$)[A-Za-z0-9\-._~+/]{1,16}"),  # RFC 6750 2.1
)
PEPPER_ID = Rule(
    "1",
    "the id of a pepper in PEPPERS, from 1 to 127, or None",
    _is_pepper_id,
    shown=_number_or_kind,
    takes_none=True,
)
PEPPERS = _Dict(
    '{1: "a random text of 32 characters or more"}',
    "a dict of ids (1 to 127) and secrets",
    _is_pepper_id,
    shown=_number_or_kind,
    read=lambda value: {id_: secret.encode() for id_, secret in value.items()},
    entry=Rule(
        "",
        "a text of at least 32 characters, and valid UTF-8",
        # Python decodes bytes of the environment that are not UTF-8 to surrogates.
        _matches(r"[^\ud800-\udfff]{32,}"),
        shown=lambda value: (
            f"{len(value)} characters long" if isinstance(value, str) else kind_of(value)
        ),
    ),
)
LOGIN_RATES = _Dict(
    '{"address": "20/min", "account": "10/min"}',
    'a dict with the entries "address" and "account" only, or None',
    lambda name: name in DEFAULT_LOGIN_RATES,
    read=lambda value: {} if value is None else {**DEFAULT_LOGIN_RATES, **value},
    takes_none=True,
    entry=RATE,
)
SCOPES = _Scopes(
    '{"read": "Read your data"}',
    'a dict of names (visible ASCII characters without spaces, " and \\) and descriptions',
    _matches(r"[\x21\x23-\x5b\x5d-\x7e]+"),  # RFC 6749 3.3
    entry=Rule(
        "", "a text that describes the scope", lambda value: isinstance(value, (str, Promise))
    ),
)
