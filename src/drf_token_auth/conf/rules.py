"""The rules of the settings: which values are allowed, and what to say about the others."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.utils.dateparse import parse_duration

__all__ = [
    "DURATION",
    "INTERVAL",
    "KINDS",
    "LIMIT",
    "LONGEST",
    "PEPPER_ID",
    "PREFIX",
    "RATE",
    "SWITCH",
    "Fault",
    "Rule",
    "choice",
    "kind_of",
    "rate_fault",
    "require_duration",
    "require_moment",
    "show",
]

_SHOWN_LENGTH = 100
# A moment this far from now is still a date that Python can hold.
LONGEST = timedelta(days=36_500)
_KINDS = ("login", "personal")
_RATE = re.compile(r"[1-9][0-9]*/[smhd][a-z]*")
_PREFIX = re.compile(r"[A-Za-z0-9\-._~+/]{1,16}")  # RFC 6750 2.1
_HEADER_WORDS = {"token", "bearer", "jwt"}
_SWITCHES = {"true": "True", "1": "True", "yes": "True", "on": "True"}
_SWITCHES |= {"false": "False", "0": "False", "no": "False", "off": "False"}
_SPOKEN = re.compile(r"([0-9]{1,9}) ?([smhdw]?)[a-z]*")
# The value is right, but it is in quotes.
_WRITTEN = re.compile(r"(?:datetime\.)?(timedelta\([a-z0-9_=*., ]+\))")
_NEVER = {"never", "none", "null", "off", "false"}
_UNITS = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Fault(NamedTuple):
    """Why a value is refused. ``entry`` is the place inside a dict, such as ``['address']``."""

    wanted: str
    shown: str
    meant: str | None = None
    entry: str = ""


@dataclass(frozen=True)
class Rule:
    """What a setting may be.

    ``example`` is a value to write. ``fault`` says what is wrong with a project's value, or
    returns None. ``read`` turns that value into the one that the code uses.
    """

    example: str
    fault: Callable[[Any], Fault | None]
    read: Callable[[Any], Any] = lambda value: value


def show(value: object) -> str:
    """Return the value as a person would write it, cut to one line."""
    try:
        text = " ".join(repr(value).replace("datetime.timedelta", "timedelta").split())
    except Exception:  # noqa: BLE001 -- a setting may be any object, and its repr any code
        return kind_of(value)
    return text if len(text) <= _SHOWN_LENGTH else f"{text[: _SHOWN_LENGTH - 1]}…"


def kind_of(value: object) -> str:
    """Name the type of a value, for settings whose value must not be shown."""
    return "None" if value is None else f"of type {type(value).__name__}"


def _as_timedelta(value: object) -> str | None:
    """Return the timedelta that a number or a text such as ``"14 days"`` stands for."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        is_in_range = 0 < value <= LONGEST.total_seconds()
        return f"timedelta(seconds={value})" if is_in_range else None
    if isinstance(value, (tuple, list)) and len(value) == 1:
        return show(value[0]) if isinstance(value[0], timedelta) else _as_timedelta(value[0])
    if isinstance(value, Mapping):
        with suppress(TypeError, OverflowError):
            return show(timedelta(**value))
    return _spoken_timedelta(value.strip()) if isinstance(value, str) else None


def require_duration(name: str, value: object) -> None:
    """Raise TypeError if an argument is neither a timedelta nor None, with the timedelta to write.

    :param name: the argument's name, for the message.
    """
    if value is None or isinstance(value, timedelta):
        return
    meant = _as_timedelta(value) or "timedelta(days=14)"
    raise TypeError(
        f"{name} must be a timedelta or None, but it is {show(value)}. Write {name}={meant}."
    )


def require_moment(name: str, value: object) -> None:
    """Raise TypeError if a value cannot be a date, with the line to write.

    A text is accepted here, because the model field reads it.

    :param name: the column's name, for the message.
    """
    if value is None or isinstance(value, (date, str)):
        return
    span = show(value) if isinstance(value, timedelta) else _as_timedelta(value)
    raise TypeError(
        f"{name} must be a datetime or None, but it is {show(value)}. "
        f"Write {name}=timezone.now() + {span or 'timedelta(days=14)'}."
    )


def _spoken_timedelta(text: str) -> str | None:
    written = _WRITTEN.fullmatch(text)
    if text == "None" or written:
        return written[1] if written else text
    if text.lower() in _NEVER:
        return "None"
    spoken = _SPOKEN.fullmatch(text.lower())
    if spoken and int(spoken[1]) == 0:
        return None
    if spoken:
        return f"timedelta({_UNITS[spoken[2]]}={int(spoken[1])})"
    with suppress(ValueError, OverflowError):
        parsed = parse_duration(text)
        return show(parsed) if parsed else None
    return None


def _duration_fault(value: Any, *, may_be_zero: bool = False) -> Fault | None:
    if value is None:
        return None
    if not isinstance(value, timedelta):
        return Fault("a timedelta or None", show(value), _as_timedelta(value))
    if timedelta(0) < value <= LONGEST or (may_be_zero and not value):
        return None
    positive = "a positive timedelta of at most 100 years, or None"
    return Fault(
        "a timedelta from 0 to 100 years, or None" if may_be_zero else positive, show(value)
    )


def _limit_fault(value: Any) -> Fault | None:
    if value is None or (type(value) is int and value > 0):
        return None
    is_number = re.fullmatch(r" *[1-9][0-9]{0,8}(\.0)? *", str(value)) is not None
    meant = str(int(float(value))) if is_number and isinstance(value, (str, float)) else None
    return Fault("a positive integer or None", show(value), meant)


def _switch_fault(value: Any) -> Fault | None:
    if isinstance(value, bool):
        return None
    meant = _SWITCHES.get(show(value).lower().strip("'"))
    return Fault("True or False", show(value), meant)


def rate_fault(value: Any) -> Fault | None:
    """Say what is wrong with a rate of DRF, such as ``"20/min"``."""
    if value is None or (isinstance(value, str) and _RATE.fullmatch(value)):
        return None
    number = (
        re.match(r"[1-9][0-9]{0,8}", show(value).strip("'"))
        if isinstance(value, (int, str))
        else None
    )
    return Fault(
        'a rate such as "20/min", or None',
        show(value),
        None if number is None or value is True else f'"{number[0]}/min"',
    )


def _kinds_fault(value: Any) -> Fault | None:
    wanted = 'a tuple of the kinds "login" and "personal"'
    if not isinstance(value, (tuple, list, set, frozenset)):
        return Fault(wanted, show(value), f'("{value}",)' if value in _KINDS else None)
    wrong = [kind for kind in value if kind not in _KINDS]
    return Fault(f"{wanted}, without {show(wrong[0])}", show(value)) if wrong else None


def _prefix_fault(value: Any) -> Fault | None:
    if isinstance(value, str) and value.lower() in _HEADER_WORDS:
        wanted = "the first characters of each key, and not the word in the Authorization header"
        return Fault(wanted, show(value))
    if isinstance(value, str) and _PREFIX.fullmatch(value):
        return None
    return Fault("a text of 1 to 16 letters, digits or -._~+/", show(value))


def _pepper_id_fault(value: Any) -> Fault | None:
    if value is None or (type(value) is int and 1 <= value <= 127):
        return None
    # A text may be the secret itself, so only a number is shown.
    shown = show(value) if type(value) is int else kind_of(value)
    return Fault("the id of a pepper in PEPPERS, from 1 to 127, or None", shown)


def choice(*choices: str) -> Rule:
    """Return the rule for a setting whose value must be one of these texts."""

    def fault(value: Any) -> Fault | None:
        if isinstance(value, str) and value in choices:
            return None
        near = difflib.get_close_matches(show(value).lower(), choices, n=1, cutoff=0.5)
        wanted = " or ".join(f'"{one}"' for one in choices)
        return Fault(wanted, show(value), f'"{near[0]}"' if near else None)

    return Rule(f'"{choices[0]}"', fault)


DURATION = Rule("timedelta(days=14)", _duration_fault)
INTERVAL = Rule("timedelta(minutes=10)", partial(_duration_fault, may_be_zero=True))
LIMIT = Rule("10", _limit_fault)
SWITCH = Rule("True", _switch_fault)
RATE = Rule('"20/min"', rate_fault)
KINDS = Rule('("login",)', _kinds_fault, tuple)
PREFIX = Rule('"dta_"', _prefix_fault)
PEPPER_ID = Rule("1", _pepper_id_fault)
