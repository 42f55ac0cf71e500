"""Refuse the tokens of users whom the default manager of the user model hides.

Such a user is, for example, marked as deleted. Django's sessions refuse such users too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from django.db import models

from ..rows.locking import user_model

if TYPE_CHECKING:
    from ..base_models import AbstractToken

_T = TypeVar("_T", bound="AbstractToken")


def may_hide_users(model: type[AbstractToken]) -> bool:
    """Return whether the manager of the token model's users has its own ``get_queryset()``."""
    manager = type(user_model(model)._default_manager)
    return manager.get_queryset is not models.Manager.get_queryset


def of_visible_users(tokens: models.QuerySet[_T]) -> models.QuerySet[_T]:
    """Leave out the tokens of hidden users."""
    if not may_hide_users(tokens.model):
        return tokens
    users = user_model(tokens.model)._default_manager.values("pk")
    return cast("models.QuerySet[_T]", tokens.filter(user__in=users))
