"""Classes and functions that the finders of leftovers share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...authentication import ExpiringTokenAuthentication
from ...base_models import AbstractToken
from ...checks.shared import path_of
from ...importers.sources import Source

__all__ = ["Leftover", "comes_from", "is_projects"]

_DRFS_AUTHENTICATOR = "rest_framework.authentication.TokenAuthentication"


@dataclass(frozen=True)
class Leftover:
    #: What uses the old package, such as a setting or a field.
    where: str
    #: The line to write instead, or what to do.
    write: str


def comes_from(one: Any, source: Source) -> bool:
    """Return whether a class belongs to the old package or derives from one of its classes."""
    if not isinstance(one, type) or issubclass(one, (ExpiringTokenAuthentication, AbstractToken)):
        return False
    paths = [path_of(base) for base in one.__mro__]
    if source.app == "rest_framework.authtoken" and _DRFS_AUTHENTICATOR in paths:
        return True
    return any(path.startswith(f"{source.app}.") for path in paths)


def is_projects(thing: Any, source: Source) -> bool:
    """Return whether the project or another package defines it, not the old package."""
    return not path_of(thing).startswith(f"{source.app}.")
