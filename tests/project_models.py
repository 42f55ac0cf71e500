"""Models that a project may have: its own token models, and a model that points at tokens.

Each of them exists during one test.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection, models

from drf_token_auth import get_token_model
from drf_token_auth.base_models import AbstractToken

LABEL = "drf_token_auth"


@contextmanager
def _in_place(model: Any) -> Iterator[Any]:
    """Create the model's table. Do not call it in a transaction: SQLite refuses that."""
    try:
        with connection.schema_editor() as editor:
            editor.create_model(model)
        try:
            yield model
        finally:
            with connection.schema_editor() as editor:
                editor.delete_model(model)
    finally:
        del apps.all_models[LABEL][model._meta.model_name]
        apps.clear_cache()


@contextmanager
def note(on_delete: Any) -> Iterator[Any]:
    """A model that points at the token."""

    class Note(models.Model):
        token = models.ForeignKey(get_token_model(), on_delete, null=True, related_name="+")

        class Meta:
            app_label = LABEL

    with _in_place(Note) as model:
        yield model


@contextmanager
def uuid_token() -> Iterator[Any]:
    """A token model whose primary key is a UUID."""

    class UuidToken(AbstractToken):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4)  # type: ignore[assignment]

        class Meta:
            app_label = LABEL

    with _in_place(UuidToken) as model:
        yield model


@contextmanager
def dated_token() -> Iterator[Any]:
    """A token model with a column that keeps the time of the last change."""

    class DatedToken(AbstractToken):
        updated_at = models.DateTimeField(auto_now=True)

        class Meta:
            app_label = LABEL

    with _in_place(DatedToken) as model:
        yield model


@contextmanager
def delete_receiver() -> Iterator[list[Any]]:
    """Connect a receiver of ``post_delete``. Yield the ids of the deleted rows."""
    seen: list[Any] = []

    def see(instance: Any, **kwargs: Any) -> None:
        seen.append(instance.pk)

    models.signals.post_delete.connect(see, sender=get_token_model())
    try:
        yield seen
    finally:
        models.signals.post_delete.disconnect(see, sender=get_token_model())


@contextmanager
def hanging(what: str) -> Iterator[Any]:
    """Let a receiver, a foreign key or nothing depend on the rows of tokens, as ``what`` says."""
    if what == "nothing":
        yield None
    elif what == "a receiver":
        with delete_receiver() as seen:
            yield seen
    else:
        with note(getattr(models, what)) as model:
            yield model


HANGING = ["nothing", "a receiver", "CASCADE", "SET_NULL"]


@contextmanager
def percent_token() -> Iterator[Any]:
    """A token model with a column whose name looks like a placeholder."""

    class PercentToken(AbstractToken):
        share = models.IntegerField(default=7, db_column="sha%re")

        class Meta:
            app_label = LABEL

    with _in_place(PercentToken) as model:
        yield model
