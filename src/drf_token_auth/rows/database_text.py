"""Handle text with characters outside the database's encoding, such as utf8mb3 or latin1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import DatabaseError, DataError, OperationalError, models, transaction

from ..keys import DIGEST_SIZE

_T = TypeVar("_T")

# Errors of MySQL and MariaDB: the collations cannot be compared, a string value is invalid or
# incorrect, or a conversion is impossible. PostgreSQL and Oracle raise DataError.
_MYSQL_CODES = {1267, 1300, 1366, 3988}
# The last characters of utf8mb3, latin1 and ASCII.
_LAST_CHARACTERS = ("\uffff", "\xff", "\x7f")


def is_about_text(error: DatabaseError) -> bool:
    """Return whether this may be an error about a text that a column cannot hold.

    DataError has other causes too, such as a number that is too large.
    """
    if isinstance(error, OperationalError):
        return bool(error.args) and error.args[0] in _MYSQL_CODES
    return isinstance(error, DataError)


def store_texts(texts: Sequence[str], store: Callable[[Sequence[str]], _T], *, using: str) -> _T:
    """Call ``store(texts)``. If the database refuses them, try again with fewer characters.

    Only the database knows which characters a column can store. Plain ASCII always fits, so it
    needs no savepoint.
    """
    forms = list(texts)
    for last in _LAST_CHARACTERS:
        if all(form.isascii() for form in forms):
            break
        try:
            with transaction.atomic(using=using):
                return store(forms)
        except DatabaseError as error:
            if not is_about_text(error):
                raise
        shorter = ("".join(letter for letter in text if letter <= last) for text in texts)
        forms = [" ".join(text.split()) for text in shorter]
    return store(forms)


def storable(rows: models.QuerySet[Any], text: str) -> str:
    """Return the text without the characters that a name of these tokens cannot contain.

    Call it before a query that compares names with text of a client.
    """

    def ask(forms: Sequence[str]) -> str:
        [form] = forms
        # No row has this digest, so the index answers.
        rows.model._base_manager.using(rows.db).filter(
            digest=bytes(DIGEST_SIZE), name=form
        ).exists()
        return form

    return text if text.isascii() else store_texts([text], ask, using=rows.db)
