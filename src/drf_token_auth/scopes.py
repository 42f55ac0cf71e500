"""Turn a list of scopes into the text of the column, and read the scopes that a view requires."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .conf import get_settings
from .conf.rules import show
from .exceptions import UnknownScopes


def encode_scopes(scopes: str | Iterable[str] | None) -> str | None:
    """Return the text that the column stores: sorted names, separated by spaces (RFC 6749 3.3).

    :param scopes: a list, or text with spaces. None stays None: the token may do all that its
        user may do.
    :raises UnknownScopes: a name is not declared in ``SCOPES``, or the list is empty.
    :raises TypeError: ``scopes`` is not a list of names.
    """
    if scopes is None:
        return None
    named = set(_names(scopes))
    known = get_settings().SCOPES
    unknown = sorted(named - set(known))
    if unknown or not named:
        raise UnknownScopes(unknown, known)
    return " ".join(sorted(named))


def _names(scopes: object) -> list[str]:
    if isinstance(scopes, str):
        return scopes.split()
    names: list[Any] = list(scopes) if isinstance(scopes, Iterable) else [scopes]
    if not all(isinstance(name, str) for name in names):
        raise TypeError(f"scopes must be a list of names or None, but it is {show(scopes)}.")
    return names


def split_scopes(scopes: str | Iterable[str]) -> list[str]:
    """Return a list of the scopes that a view requires.

    Empty text becomes a scope with an empty name. No token has that scope, so the view refuses
    every token with scopes.
    """
    if isinstance(scopes, str):
        return scopes.split() or [scopes]
    return list(scopes)
