"""Scopes as a column holds them: names separated by spaces (RFC 6749 3.3)."""

from __future__ import annotations

from collections.abc import Iterable

from .conf import get_settings
from .exceptions import UnknownScopes

__all__ = ["encode_scopes", "split_scopes"]


def encode_scopes(scopes: str | Iterable[str] | None) -> str | None:
    """Scopes as the column holds them: sorted, separated by spaces (RFC 6749 3.3).

    :raises UnknownScopes: a name is not declared in ``SCOPES``, or there is none.
    """
    if scopes is None:
        return None
    named = set(scopes.split() if isinstance(scopes, str) else scopes)
    known = get_settings().SCOPES
    unknown = sorted(named - set(known))
    if unknown or not named:
        raise UnknownScopes(unknown, known)
    return " ".join(sorted(named))


def split_scopes(scopes: str | Iterable[str]) -> list[str]:
    """Scopes as a view names them. An empty text stays, as a scope that no token has."""
    if isinstance(scopes, str):
        return scopes.split() or [scopes]
    return list(scopes)
