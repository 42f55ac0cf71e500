"""Store rows without the limit and without signals. Set the default manager of a model."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

import pytest
from django.db import models

from drf_token_auth import keys
from drf_token_auth.lookup import fast_select


def store(tokens: Iterable[Any], *, using: str | None = None) -> list[Any]:
    """Insert these tokens as Django does. A token without a digest gets one that no key has."""
    rows = list(tokens)
    for token in rows:
        if token.digest[0] == keys.UNISSUED:
            token.digest = bytes([keys.SHA256]) + secrets.token_bytes(keys.DIGEST_SIZE - 1)
    return models.QuerySet(type(rows[0]), using=using).bulk_create(rows) if rows else []


def use_manager(manager: Any, model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this the default manager of the model, during one test."""

    def default(cls: Any) -> Any:
        return manager if cls is model else cls._meta.default_manager

    manager.model = model
    monkeypatch.setattr(type(model), "_default_manager", property(default))


def hide(user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide this user, during one test, as the manager of a project hides deleted users."""

    class Others(models.Manager[Any]):
        def get_queryset(self) -> Any:
            return super().get_queryset().exclude(pk=user.pk)

    use_manager(Others(), type(user), monkeypatch)
    # Forget the statements that were compiled for the usual manager.
    monkeypatch.setattr(fast_select, "_statements", {})
