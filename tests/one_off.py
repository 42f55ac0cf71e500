"""Models of a single test, with their tables, that no other test sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, models
from django.test.utils import isolate_apps


@contextmanager
def registry() -> Iterator[None]:
    """What is defined meanwhile is registered apart, where the project's user model is, too."""
    users = get_user_model()._meta
    with isolate_apps() as apps:
        apps.all_models[users.app_label][users.model_name] = users.model
        yield


@contextmanager
def tables_of(*of: type[models.Model]) -> Iterator[None]:
    """Not within a transaction: SQLite makes none there."""
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
    """As a library that adds a field to a model of somebody else's, in a process that runs."""
    field.contribute_to_class(model, name)
    with connection.schema_editor() as editor:
        editor.add_field(model, field)
