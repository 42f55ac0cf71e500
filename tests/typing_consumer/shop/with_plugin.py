"""The types of relations. Only the plugins for mypy know them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User

from .models import ApiToken

if TYPE_CHECKING:
    from typing_extensions import assert_type


def of(user: User) -> ApiToken | None:
    token = user.shop_apitoken_set.usable().first()
    if token is not None and TYPE_CHECKING:
        assert_type(token, ApiToken)
        assert_type(token.user, User)
    return token
