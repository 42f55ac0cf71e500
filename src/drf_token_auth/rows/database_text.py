"""Handle text with characters outside the database's encoding, such as utf8mb3 or latin1."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from django.db import DatabaseError, DataError, OperationalError, models, transaction

from ..keys import DIGEST_SIZE

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
    return store_texts([text], lambda texts: store(*texts), using=using)


def store_texts(texts: Sequence[str], store: Callable[[Sequence[str]], _T], *, using: str) -> _T:
    """Call ``store(texts)``, as :func:`store_text` does for one text."""
    if all(text.isascii() for text in texts):
        return store(texts)
    *longer, shortest = zip(*map(_forms, texts), strict=True)
    for forms in longer:
        try:
            with transaction.atomic(using=using):
                return store(forms)
        except DatabaseError as error:
            if not is_about_text(error):
                raise
    return store(shortest)


def storable(rows: models.QuerySet[Any], text: str) -> str:
    """Return the text without the characters that a name of these tokens cannot contain.

    Call it before a query that compares names with text of a client.
    """

    def ask(form: str) -> str:
        # No row has this digest, so the index answers.
        rows.model._base_manager.using(rows.db).filter(
            digest=bytes(DIGEST_SIZE), name=form
        ).exists()
        return form

    return text if text.isascii() else store_text(text, ask, using=rows.db)


def _forms(text: str) -> Iterator[str]:
    """Yield the text, then shorter forms with fewer kinds of characters. The last is ASCII."""
    yield text
    yield _tidy("".join(letter for letter in text if letter <= "\uffff"))
    for encoding in ("latin-1", "ascii"):
        yield _tidy(text.encode(encoding, "ignore").decode(encoding))


def _tidy(text: str) -> str:
    return " ".join(text.split())
