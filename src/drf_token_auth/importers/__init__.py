"""Import the tokens of other packages, or of a token table of your own.

``manage.py import_tokens`` imports from ``rest_framework.authtoken``, knox and durin. For another
table call :func:`import_tokens`.
"""

from typing import Any

__all__ = ["ImportReport", "OldToken", "digests_of", "import_tokens", "undo_import"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import copying, old_tokens, reports, undoing

    for module in (copying, old_tokens, reports, undoing):
        if name in module.__all__:
            return getattr(module, name)
    raise AttributeError(name)
