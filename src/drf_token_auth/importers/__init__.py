"""Import the tokens of other packages, or of a token table of your own.

``manage.py import_tokens`` imports from ``rest_framework.authtoken``, knox and durin. For another
table, call :func:`import_tokens`.
"""

from __future__ import annotations

from .copying import import_tokens
from .old_tokens import OldToken, digests_of
from .reports import ImportReport
from .undoing import undo_import

__all__ = ["ImportReport", "OldToken", "digests_of", "import_tokens", "undo_import"]
