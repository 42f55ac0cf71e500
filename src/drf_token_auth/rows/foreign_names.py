"""Say what to write for a name that other packages' tokens have as a column, such as ``key``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db.models.sql import Query

__all__ = ["TokenQuery", "refuse_columns", "refuse_new_values"]

_LOOK_UP = (
    "A key can't be looked up: the database holds only its digest. "
    "Use objects.from_key(key), which gives the usable token or None."
)
_CHANGE = (
    "A key can't be changed by a query: the database holds only its digest. For a new key, write "
    "token = operations.rotate(token); then read token.key."
)
_KEYS = {"key", "token", "token_key"}
# The columns of DRF, knox and durin, and ours for the same.
_RENAMED = {"created": "created_at", "expiry": "expires_at", "expires": "expires_at"}


class TokenQuery(Query):
    """A query that says what to write for a missing column, in place of Django's list of names."""

    # Each lookup, ordering and F() comes through here, also those inside a Q().
    def names_to_path(
        self,
        names: Sequence[str],
        opts: Any,
        allow_many: bool = True,
        fail_on_missing: bool = False,
    ) -> Any:
        try:
            return super().names_to_path(names, opts, allow_many, fail_on_missing)
        except FieldError:
            refuse_columns(self.model, names[:1])
            raise

    # values() and values_list() replace the error of names_to_path().
    def add_fields(self, field_names: Iterable[str], allow_m2m: bool = True) -> None:
        names = list(field_names)
        try:
            super().add_fields(names, allow_m2m)
        except FieldError:
            refuse_columns(self.model, names)
            raise


def refuse_columns(model: Any, names: Iterable[str]) -> None:
    """Raise FieldError if one of these is a missing column that we have an answer for."""
    _refuse(model, names, _LOOK_UP)


def refuse_new_values(model: Any, names: Iterable[str]) -> None:
    """Raise FieldError if a query would change a missing column that we have an answer for."""
    _refuse(model, names, _CHANGE)


def _refuse(model: Any, names: Iterable[str], about_keys: str) -> None:
    for name in names:
        is_known = name in _KEYS or name in _RENAMED
        if not is_known or _has_column(model, name):
            continue
        renamed = f"A token has no column {name!r}. Write {_RENAMED.get(name)!r}."
        raise FieldError(about_keys if name in _KEYS else renamed) from None


def _has_column(model: Any, name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True
