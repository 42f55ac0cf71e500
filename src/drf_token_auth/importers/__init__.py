"""Bringing over the tokens of other packages: what ``manage.py import_tokens`` does.

The old app need only be in ``INSTALLED_APPS``; it is read, never written to.
"""

from __future__ import annotations

from .authtoken import AuthToken
from .copying import BATCH_SIZE, Counts, copy_tokens
from .durin import Durin
from .knox import Knox
from .sources import Source, Unreadable

__all__ = ["BATCH_SIZE", "SOURCES", "Counts", "Unreadable", "copy_tokens"]

SOURCES: dict[str, type[Source]] = {"authtoken": AuthToken, "knox": Knox, "durin": Durin}
