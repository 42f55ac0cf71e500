"""The rules of the settings that are dicts. A fault names the one entry that is wrong."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise

from .rules import Fault, Rule, kind_of, rate_fault, show

__all__ = ["DEFAULT_LOGIN_RATES", "LOGIN_RATES", "PEPPERS", "SCOPES", "SCOPES_LENGTH"]

# The length of the column that holds a token's scopes. A token may have all of them.
SCOPES_LENGTH = 1000
DEFAULT_LOGIN_RATES: Mapping[str, str | None] = {"address": "20/min", "account": "10/min"}
_PEPPER_LENGTH = 32
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 3.3
# An environment variable with bytes that are not UTF-8 gets these characters in Python. A text that
# contains one cannot be encoded.
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_RATE_NAMES = {"ip": "address", "anon": "address", "user": "account", "username": "account"}


def _scopes_fault(value: Any) -> Fault | None:
    wanted = "a dict of scopes and their descriptions"
    if not isinstance(value, Mapping):
        names = value.split() if isinstance(value, str) else value
        names = sorted(names, key=str) if isinstance(names, (set, frozenset)) else names
        is_list = isinstance(names, (list, tuple)) and all(isinstance(one, str) for one in names)
        meant = show({one: one.capitalize() for one in names}) if is_list and names else None
        return Fault(wanted, show(value), meant)
    for name, text in value.items():
        if not (isinstance(name, str) and _SCOPE.fullmatch(name)):
            wanted = 'a dict whose names are visible ASCII characters without spaces, " and \\'
            return Fault(wanted, f"{{{show(name)}: …}}")
        if not isinstance(text, (str, Promise)):
            return Fault("a text that describes the scope", show(text), entry=f"[{name!r}]")
    length = len(" ".join(value))
    if length <= SCOPES_LENGTH:
        return None
    wanted = f"a dict whose names fit into {SCOPES_LENGTH} characters, with spaces between them"
    return Fault(wanted, f"{length} characters long")


def _peppers_fault(value: Any) -> Fault | None:
    """Say what is wrong. Show no value, and no id that may be a secret."""
    if not isinstance(value, Mapping):
        return Fault("a dict of ids (1 to 127) and secrets", kind_of(value))
    for id_, secret in value.items():
        if not (type(id_) is int and 1 <= id_ <= 127):
            is_number = re.fullmatch(r"[0-9]{1,3}", str(id_)) is not None
            is_shown = is_number or type(id_) is int
            return Fault(
                "a dict whose ids are integers from 1 to 127",
                f"{{{show(id_)}: …}}" if is_shown else f"a dict with an id {kind_of(id_)}",
                f"{{{int(id_)}: …}}" if is_number and 1 <= int(id_) <= 127 else None,
            )
        shown = _wrong_secret(secret)
        if shown is not None:
            wanted = f"a text of at least {_PEPPER_LENGTH} characters"
            return Fault(wanted, shown, entry=f"[{id_}]")
    return None


def _wrong_secret(secret: Any) -> str | None:
    if not isinstance(secret, str):
        return kind_of(secret)
    if len(secret) < _PEPPER_LENGTH:
        return f"{len(secret)} characters long"
    return "not valid UTF-8" if _SURROGATE.search(secret) else None


def _login_rates_fault(value: Any) -> Fault | None:
    example = show(dict(DEFAULT_LOGIN_RATES))
    if value is None:
        return None
    if not isinstance(value, Mapping):
        fault = rate_fault(value)
        meant = show({"address": value}) if fault is None else None
        return Fault(f"a dict such as {example}, or None", show(value), meant)
    for name, rate in value.items():
        if name not in DEFAULT_LOGIN_RATES:
            near = _rate_name(name) if isinstance(name, str) else None
            wanted = 'a dict with the entries "address" and "account" only'
            return Fault(wanted, f"{{{show(name)}: …}}", near and f'"{near}"')
        fault = rate_fault(rate)
        if fault is not None:
            return fault._replace(entry=f"[{name!r}]")
    return None


def _rate_name(name: str) -> str | None:
    meant = _RATE_NAMES.get(name.lower())
    near = difflib.get_close_matches(name.lower(), DEFAULT_LOGIN_RATES, n=1)
    return meant or next(iter(near), None)


SCOPES = Rule('{"read": "Read your data"}', _scopes_fault)
PEPPERS = Rule(
    '{1: "a random text of 32 characters or more"}',
    _peppers_fault,
    lambda value: {id_: secret.encode() for id_, secret in value.items()},
)
LOGIN_RATES = Rule(
    '{"address": "20/min", "account": "10/min"}',
    _login_rates_fault,
    lambda value: {} if value is None else {**DEFAULT_LOGIN_RATES, **value},
)
