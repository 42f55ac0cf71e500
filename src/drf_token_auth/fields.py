"""The column of a digest: 33 bytes that can be unique on every database Django supports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from .keys import DIGEST_SIZE

__all__ = ["DigestField"]

# BinaryField itself is a BLOB on MySQL and Oracle, which neither can put in a unique index.
_TYPES = {
    "mysql": f"varbinary({DIGEST_SIZE})",
    "oracle": f"RAW({DIGEST_SIZE})",
}


if TYPE_CHECKING:
    _BinaryField = models.BinaryField[Any, Any]
else:
    _BinaryField = models.BinaryField


class DigestField(_BinaryField):
    """Exactly ``DIGEST_SIZE`` bytes, or NULL where the column allows it."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return _TYPES.get(connection.vendor) or super().db_type(connection)

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        if value is not None and len(value) != DIGEST_SIZE:
            # The last line of defence for every path that skips the model's save().
            raise ValueError(f"A digest is {DIGEST_SIZE} bytes, not {len(value)}.")
        return super().get_db_prep_value(value, connection, prepared)
