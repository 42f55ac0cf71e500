"""Classes and functions that the finders of leftovers share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rest_framework.authentication import TokenAuthentication

from ...authentication import ExpiringTokenAuthentication
from ...base_models import AbstractToken
from ...checks.shared import path_of
from ...importers.sources import Source

__all__ = ["Leftover", "comes_from", "is_theirs"]


@dataclass(frozen=True)
class Leftover:
    #: What uses the old package, such as a setting or a field.
    where: str
    #: The line to write instead, or what to do.
    write: str


def comes_from(one: Any, source: Source) -> bool:
    """Return whether a class belongs to the old package or derives from one of its classes.

    The classes of drf-token-auth do not count, although some derive from DRF's.
    """
    if not isinstance(one, type) or issubclass(one, (ExpiringTokenAuthentication, AbstractToken)):
        return False
    if source.app == "rest_framework.authtoken" and issubclass(one, TokenAuthentication):
        return True
    return any(is_theirs(base, source) for base in one.__mro__)


def is_theirs(thing: Any, source: Source) -> bool:
    """Return whether the old package itself defines this class or function."""
    return path_of(thing).startswith(f"{source.app}.")
