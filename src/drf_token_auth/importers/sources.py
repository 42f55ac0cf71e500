"""The base class of the importers: it finds the table of an old app and reads its rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, cast

from django.apps import apps
from django.db import OperationalError, ProgrammingError, connections, models, transaction

from .. import get_token_model
from .old_tokens import OldToken

__all__ = ["Source", "Unreadable", "has_table"]


class Unreadable(Exception):
    """The old tokens cannot be imported. The command prints the message, which says why."""


def has_table(model: type[models.Model], using: str) -> bool:
    """Return whether the model's table exists.

    Ask the database each time, because the table may be dropped while the site runs. Use a query,
    because Django's list of tables leaves out the shared schema if django-tenants is in use.
    """
    connection = connections[using]
    # This is how the databases report a missing table.
    missing = OperationalError if connection.vendor == "sqlite" else ProgrammingError
    try:
        with transaction.atomic(using=using):
            model._base_manager.using(using).exists()
    except missing:
        if model._meta.db_table in connection.introspection.table_names():
            raise
        return False
    return True


class Source(ABC):
    """An old package: its app, its model, and how to read a row."""

    app: ClassVar[str]
    label: str
    # The related objects that read() needs. They are loaded in the same query.
    joined: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def read(self, row: Any) -> OldToken:
        """Return the data of an old row.

        :raises Refused: the old app itself refuses this row.
        """

    def model(self) -> type[models.Model]:
        """Return the old model.

        :raises Unreadable: the old app is not installed, or its tokens cannot be imported.
        """
        try:
            return apps.get_model(self.label)
        except LookupError:
            raise Unreadable(
                f"There is no model {self.label!r}. Add {self.app!r} to INSTALLED_APPS while you "
                f"import its tokens. You can remove it afterwards."
            ) from None

    def rows(self, using: str) -> models.QuerySet[Any]:
        """Return all rows of the old table.

        :raises Unreadable: the old or the new table is not in this database, or :meth:`model`
            fails.
        """
        model = self.model()
        if not has_table(model, using):
            table = model._meta.db_table
            raise Unreadable(f"There is no table {table!r} in the database {using!r}.")
        ours = get_token_model()
        if not has_table(ours, using):
            table = ours._meta.db_table
            raise Unreadable(
                f"There is no table {table!r} in the database {using!r}. "
                "Run manage.py migrate first."
            )
        rows = cast("models.QuerySet[Any]", model._base_manager.using(using).all())
        return rows.select_related(*self.joined) if self.joined else rows
