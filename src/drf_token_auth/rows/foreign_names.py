"""Say what to write for a name that other packages' tokens have as a column, such as ``key``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import FieldError
from django.db.models.sql import Query

LOOK_UP = (
    "A key can't be looked up: the database holds only its digest. "
    "Use objects.from_key(key), which gives the usable token or None."
)
CHANGE = (
    "A key can't be changed by a query: the database holds only its digest. For a new key, write "
    "token = operations.rotate(token); then read token.key."
)
_KEYS = {"key", "token", "token_key"}
# The names of columns in DRF, knox and durin, and our names for the same columns.
_RENAMED = {"created": "created_at", "expiry": "expires_at", "expires": "expires_at"}


class TokenQuery(Query):
    """A query that says what to write for a missing column, in place of Django's list of names."""

    # Each lookup, ordering and F() comes through here, also those inside a Q().
    def names_to_path(self, names: Sequence[str], *args: Any, **kwargs: Any) -> Any:
        try:
            return super().names_to_path(names, *args, **kwargs)
        except FieldError:
            refuse_columns(self.model, names[:1])
            raise

    # values() and values_list() call this. Django's method replaces the error of names_to_path().
    def add_fields(self, field_names: Iterable[str], allow_m2m: bool = True) -> None:
        names = list(field_names)
        try:
            super().add_fields(names, allow_m2m)
        except FieldError:
            refuse_columns(self.model, names)
            raise


def refuse_columns(model: Any, names: Iterable[str], about_keys: str = LOOK_UP) -> None:
    """Raise FieldError for a name that is not a column, if we know what to write in its place."""
    columns = {field.name for field in model._meta.get_fields()}
    for name in names:
        if name in columns:
            continue
        if name in _KEYS:
            raise FieldError(about_keys) from None
        if name in _RENAMED:
            renamed = _RENAMED[name]
            raise FieldError(f"A token has no column {name!r}. Write {renamed!r}.") from None
