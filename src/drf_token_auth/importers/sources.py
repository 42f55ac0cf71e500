"""What the sources have in common: a table of another app, and what a row of it is here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, cast

from django.apps import apps
from django.db import connections, models

from .. import keys
from ..conf import Settings

__all__ = ["Incoming", "Source", "Unreadable", "plaintext"]


class Unreadable(Exception):
    """The old tokens can't be brought over, and why, in words for the one at the terminal."""


class Incoming(NamedTuple):
    """A row of the old table, in our terms."""

    # It is here already if one of these is; the first is what a new row gets.
    digests: list[bytes]
    hint: str
    created_at: datetime
    expires_at: datetime | None = None
    name: str = ""


class Source(ABC):
    app: ClassVar[str]
    label: str
    # What read() needs of other tables; the user is always joined.
    joined: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def read(self, row: Any, conf: Settings) -> Incoming:
        """What the row is here.

        :raises Refused: no request could present its key, or it is one the old app refuses.
        """

    def model(self) -> type[models.Model]:
        """The old model.

        :raises Unreadable: its app is not installed.
        """
        try:
            return apps.get_model(self.label)
        except LookupError:
            raise Unreadable(
                f"There is no model {self.label!r}. {self.app!r} has to be in INSTALLED_APPS while "
                f"its tokens are imported, and can go afterwards."
            ) from None

    def rows(self, using: str) -> models.QuerySet[Any]:
        """All of the old table.

        :raises Unreadable: it is not in this database, or there is no such model.
        """
        model = self.model()
        table = model._meta.db_table
        if table not in connections[using].introspection.table_names():
            raise Unreadable(f"There is no table {table!r} in the database {using!r}.")
        return cast("models.QuerySet[Any]", model._base_manager.using(using).order_by())


def plaintext(key: str, conf: Settings) -> tuple[list[bytes], str]:
    """The digests and the hint of a key that the old table holds as it is.

    :raises Refused: no request could ever present it.
    """
    return keys.candidates(key, conf.PREFIX, conf.PEPPERS), keys.hint(key, conf.PREFIX)
