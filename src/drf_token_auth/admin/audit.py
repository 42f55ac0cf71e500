"""Write entries that name a token and its user to the admin's log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import router

from ..base_models import AbstractToken
from ..rows.database_text import store_texts
from .labels import label

__all__ = ["write_log"]

_REPR_LENGTH = 200


def write_log(
    request: Any, tokens: Iterable[AbstractToken], action_flag: int, message: Any = ""
) -> list[Any]:
    """Write one entry per token, and return the entries.

    Django writes ``str(token)``, which says too little after the row is deleted.
    """
    tokens = list(tokens)
    entries = [
        LogEntry(
            user_id=request.user.pk,
            content_type=ContentType.objects.get_for_model(token, for_concrete_model=False),
            object_id=str(token.pk),
            action_flag=action_flag,
            # Django's log_actions() also writes a list as JSON. The history page reads it.
            change_message=json.dumps(message) if isinstance(message, list) else message,
        )
        for token in tokens
    ]

    def store(labels: Sequence[str]) -> list[Any]:
        for entry, text in zip(entries, labels, strict=True):
            entry.object_repr = text
        if len(entries) == 1:
            entries[0].save()
            return entries
        return list(LogEntry.objects.bulk_create(entries))

    labels = [label(token)[:_REPR_LENGTH] for token in tokens]
    return store_texts(labels, store, using=router.db_for_write(LogEntry))
