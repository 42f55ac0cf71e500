"""Bringing over the tokens of other packages: what ``manage.py import_tokens`` does.

The old app need only be in ``INSTALLED_APPS``.
"""

from __future__ import annotations

from .copying import BATCH_SIZE, Counts, copy_tokens
from .known import SOURCES
from .originals import end_original
from .sources import Unreadable

__all__ = ["BATCH_SIZE", "SOURCES", "Counts", "Unreadable", "copy_tokens", "end_original"]
