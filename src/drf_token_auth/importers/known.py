"""The sources there are, by the name the command knows them under."""

from __future__ import annotations

from .authtoken import AuthToken
from .durin import Durin
from .knox import Knox
from .sources import Source

__all__ = ["SOURCES"]

SOURCES: dict[str, type[Source]] = {"authtoken": AuthToken, "knox": Knox, "durin": Durin}
