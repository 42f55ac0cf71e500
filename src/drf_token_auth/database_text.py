"""Text that the database cannot hold: characters outside its encoding (utf8mb3, latin1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from django.db import DatabaseError, DataError, OperationalError, transaction

__all__ = ["is_about_text", "store_text"]

_T = TypeVar("_T")

# MySQL and MariaDB: collations that cannot be compared, an invalid or incorrect string value, and
# an impossible conversion. PostgreSQL and Oracle raise DataError.
_MYSQL_CODES = {1267, 1300, 1366, 3988}


def is_about_text(error: DatabaseError) -> bool:
    """Whether the database raised this error because it cannot hold a text."""
    if isinstance(error, OperationalError):
        return bool(error.args) and error.args[0] in _MYSQL_CODES
    return isinstance(error, DataError)


def store_text(text: str, store: Callable[[str], _T], *, using: str) -> _T:
    """Call ``store(text)``. Leave out characters that the database cannot hold, and call it again.

    Only the database knows what a column holds, so it is asked. Plain ASCII needs no savepoint.
    """
    if text.isascii():
        return store(text)
    *longer, shortest = _forms(text)
    for form in longer:
        try:
            with transaction.atomic(using=using):
                return store(form)
        except DatabaseError as error:
            if not is_about_text(error):
                raise
    return store(shortest)


def _forms(text: str) -> Iterator[str]:
    """The text, then the same with fewer and fewer characters, at last in ASCII."""
    yield text
    yield _tidy("".join(letter for letter in text if letter <= "\uffff"))
    for encoding in ("latin-1", "ascii"):
        yield _tidy(text.encode(encoding, "ignore").decode(encoding))


def _tidy(text: str) -> str:
    return " ".join(text.split())
