"""Rename a stored token."""

from __future__ import annotations

from django.db import DatabaseError, router, transaction

from ..base_models import AbstractToken
from ..fields import auto_now_columns


def rename(token: AbstractToken, name: str) -> bool:
    """Save the token with this name.

    :returns: False if the token was revoked or deleted meanwhile.
    """
    model = type(token)
    using = router.db_for_write(model, instance=token)
    token.name = name
    try:
        with transaction.atomic(using=using):
            token.save(using=using, update_fields=["name", *auto_now_columns(model)])
    except DatabaseError:
        # Before Django 6.0, save() does not have a separate error for a deleted row.
        if model._base_manager.using(using).filter(pk=token.pk).exists():
            raise
        return False
    return True
