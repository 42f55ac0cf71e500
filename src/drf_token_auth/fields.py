"""The model fields for a digest and for scopes, and the types of the token model's columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Concat, StrIndex
from django.db.models.lookups import Contains, GreaterThan

from .exceptions import UnknownScopes
from .keys import DIGEST_SIZE, UNISSUED
from .scopes import encode_scopes

# BinaryField creates a BLOB on MySQL and Oracle, and varbinary(max) on SQL Server. These
# databases cannot have a unique index on such a type.
_TYPES = {
    "microsoft": f"varbinary({DIGEST_SIZE})",
    "mysql": f"varbinary({DIGEST_SIZE})",
    "oracle": f"RAW({DIGEST_SIZE})",
}

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from django.contrib.auth.models import _User  # the plugin makes it the project's user model
    from django.db.models.expressions import Combinable

    # For type checkers without the plugin of django-stubs. Each column has the type that can be
    # assigned, and the type that is read.
    RowId = models.BigAutoField[int | str | Combinable, int]
    ToUser = models.ForeignKey[_User | Combinable, _User]
    Text = models.CharField[str | Combinable, str]
    TextOrNull = models.CharField[str | Combinable | None, str | None]
    Moment = models.DateTimeField[datetime | str | Combinable, datetime]
    MomentOrNull = models.DateTimeField[datetime | str | Combinable | None, datetime | None]
    DurationOrNull = models.DurationField[timedelta | Combinable | None, timedelta | None]
    _BinaryField = models.BinaryField[Any, Any]
    _CharField = models.CharField[str | Iterable[str] | Combinable | None, str | None]
else:
    _BinaryField = models.BinaryField
    _CharField = models.CharField


def auto_now_columns(model: type[models.Model]) -> list[str]:
    """Return the names of the columns that keep the time of the last ``save()``.

    ``save(update_fields=…)`` updates them only if it names them.
    """
    return [each.name for each in model._meta.concrete_fields if getattr(each, "auto_now", False)]


class _HiddenBytes(bytes):
    """Bytes whose ``repr`` hides them.

    An error report shows the parameters of a query. Before Python 3.12, ``sensitive_variables``
    cannot hide them there, because a generator of the ORM cuts the chain of frames.
    """

    def __repr__(self) -> str:
        return "<hidden>"


class DigestField(_BinaryField):
    """Exactly ``DIGEST_SIZE`` bytes, or NULL where the column allows it.

    It can be unique on every database that Django supports.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return _TYPES.get(connection.vendor) or super().db_type(connection)

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        # psycopg2 and fixtures give a memoryview, which Python can neither copy nor pickle.
        return bytes(value) if isinstance(value, memoryview) else value

    def from_db_value(self, value: Any, *args: Any) -> Any:
        return self.to_python(value)

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        if value is not None and len(value) != DIGEST_SIZE:
            # This is the last check for code that skips the model's save().
            raise ValueError(f"A digest must have {DIGEST_SIZE} bytes, but it has {len(value)}.")
        if isinstance(value, (bytes, memoryview)):
            value = _HiddenBytes(value)
        param = super().get_db_prep_value(value, connection, prepared)
        # mysqlclient's Binary() returns plain bytes. Hide these too.
        return _HiddenBytes(param) if type(param) is bytes else param

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if isinstance(value, (bytes, memoryview)) and value[:1] == bytes([UNISSUED]):
            # In a data migration, save() is Django's own, which makes no key.
            raise ValueError(
                "This token has no key, so nobody could use it. A data migration cannot make one: "
                "write a command that calls operations.issue(user) and hands over the key. "
                "baker.make(…, _bulk_create=True) cannot either: leave _bulk_create out."
            )
        return super().get_db_prep_save(value, connection)


class ScopesField(_CharField):
    """Scope names with spaces between them (RFC 6749 3.3), or NULL. A list can be assigned too."""

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        """Return the text to store. Model validation and forms call this.

        :raises ValidationError: a scope is not declared in ``SCOPES``.
        """
        try:
            text = encode_scopes(value or None)
        except UnknownScopes as error:
            raise ValidationError(str(error), code=error.code) from error
        return super().clean(text, model_instance)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = _as_text(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        value = _as_text(value)
        if value == "" and connection.features.interprets_empty_strings_as_nulls:
            raise ValueError(
                "This database stores empty text as NULL, and NULL means all scopes. Name one or "
                "more scopes, or assign None for all."
            )
        return super().get_db_prep_save(value, connection)


def _as_text(value: Any) -> Any:
    if value is None or hasattr(value, "resolve_expression"):
        return value
    # Stored text may name scopes that SCOPES no longer declares. Do not check it here, so that the
    # other columns of its row can still be saved.
    return value if isinstance(value, str) else encode_scopes(value)


def has_scope(name: str) -> models.Q:
    """Return the condition for rows whose list of scopes has this name."""
    names = Concat(models.Value(" "), "scopes", models.Value(" "), output_field=models.CharField())
    word = f" {name} "
    # LIKE ignores case on SQLite, and INSTR ignores case on MySQL. So use both conditions.
    return models.Q(Contains(names, word)) & models.Q(
        GreaterThan(StrIndex(names, models.Value(word)), 0)
    )
