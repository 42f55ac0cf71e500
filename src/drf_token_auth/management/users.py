"""Users on the command line."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

__all__ = ["find_user"]


def find_user(username: str, *, using: str | None) -> Any:
    """The user, by ``USERNAME_FIELD``.

    :raises CommandError: there is none.
    """
    model = get_user_model()
    try:
        return model._default_manager.db_manager(using).get_by_natural_key(username)
    except model.DoesNotExist:
        raise CommandError(f"There is no user {username!r}.") from None
