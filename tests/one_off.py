"""Models of a single test, and their tables. No other test sees them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, models
from django.test.utils import isolate_apps


@contextmanager
def registry() -> Iterator[None]:
    """Register new models in a separate registry, which also has the project's user model."""
    users = get_user_model()._meta
    with isolate_apps() as apps:
        apps.all_models[users.app_label][users.model_name] = users.model
        yield


@contextmanager
def tables_of(*of: type[models.Model]) -> Iterator[None]:
    """Create the tables of these models. Do not call it in a transaction: SQLite refuses that."""
    with connection.schema_editor() as editor:
        for model in of:
            editor.create_model(model)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            for model in reversed(of):
                editor.delete_model(model)


def add_column(model: type[models.Model], name: str, field: Any) -> None:
    """Add a field to a model and a column to its table, as a library may do at run time."""
    field.contribute_to_class(model, name)
    with connection.schema_editor() as editor:
        editor.add_field(model, field)
