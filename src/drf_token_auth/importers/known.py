"""The old packages that can be imported, by the names that the command accepts."""

from __future__ import annotations

from .authtoken import AuthToken
from .durin import Durin
from .knox import Knox
from .sources import Source

__all__ = ["SOURCES"]

SOURCES: dict[str, type[Source]] = {"authtoken": AuthToken, "knox": Knox, "durin": Durin}
