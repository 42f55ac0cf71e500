"""Handle text with characters outside the database's encoding, such as utf8mb3 or latin1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from django.db import DatabaseError, DataError, OperationalError, transaction

__all__ = ["is_about_text", "store_text"]

_T = TypeVar("_T")

# Errors of MySQL and MariaDB: the collations cannot be compared, a string value is invalid or
# incorrect, or a conversion is impossible. PostgreSQL and Oracle raise DataError.
_MYSQL_CODES = {1267, 1300, 1366, 3988}


def is_about_text(error: DatabaseError) -> bool:
    """Return whether the database raised this error because it cannot store a text."""
    if isinstance(error, OperationalError):
        return bool(error.args) and error.args[0] in _MYSQL_CODES
    return isinstance(error, DataError)


def store_text(text: str, store: Callable[[str], _T], *, using: str) -> _T:
    """Call ``store(text)``. If the database refuses the text, try again with fewer characters.

    Only the database knows which characters a column can store. Plain ASCII always fits, so it
    needs no savepoint.
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
    """Yield the text, then shorter forms with fewer kinds of characters. The last is ASCII."""
    yield text
    yield _tidy("".join(letter for letter in text if letter <= "\uffff"))
    for encoding in ("latin-1", "ascii"):
        yield _tidy(text.encode(encoding, "ignore").decode(encoding))


def _tidy(text: str) -> str:
    return " ".join(text.split())
