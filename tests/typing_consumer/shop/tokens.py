"""The types of the generic manager, of the generic queryset and of the columns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import F

from drf_token_auth.models import Token

from .models import ApiToken

if TYPE_CHECKING:
    from typing_extensions import assert_type

    from drf_token_auth.managers import TokenQuerySet


def newest(user_id: int) -> ApiToken | None:
    tokens = ApiToken.objects.usable().filter(user_id=user_id)
    if TYPE_CHECKING:
        assert_type(tokens, TokenQuerySet[ApiToken])
        assert_type(ApiToken.objects.expired(), TokenQuerySet[ApiToken])
        assert_type(tokens.exclude(name="").usable(), TokenQuerySet[ApiToken])
        assert_type(tokens.revoke(reason="command"), int)
    return tokens.order_by("-created_at").first()


def made(user_id: int) -> ApiToken:
    token = ApiToken.objects.create(user_id=user_id)
    if TYPE_CHECKING:
        assert_type(token, ApiToken)
        assert_type(token.key, str)
        assert_type(token.scope_list, list[str] | None)
        assert_type(token.id, int)
        assert_type(token.name, str)
        assert_type(token.created_at, datetime)
        assert_type(token.expires_at, datetime | None)
        assert_type(token.idle_timeout, timedelta | None)
        assert_type(token.scopes, str | None)
    found, is_new = ApiToken.objects.get_or_create(user_id=user_id)
    if TYPE_CHECKING:
        assert_type(found, ApiToken)
        assert_type(is_new, bool)
    return token


def shortened(token: ApiToken, until: datetime) -> None:
    token.expires_at = until
    token.renewable_until = F("created_at") + timedelta(days=1)
    token.name = 7  # type: ignore[assignment]
    token.save(update_fields=["expires_at", "renewable_until"])


def hints() -> Iterator[str]:
    manager = Token.objects
    tokens = manager.select_related("user").order_by("pk")
    if TYPE_CHECKING:
        assert_type(manager.all(), TokenQuerySet[Token])
        assert_type(manager.using("default").usable(), TokenQuerySet[Token])
        assert_type(tokens, TokenQuerySet[Token])
        assert_type(manager.from_key(""), Token | None)
        assert_type(manager.get(pk=1), Token)
    for token in tokens:
        yield token.hint


def known(key: str) -> ApiToken | None:
    return ApiToken.objects.from_key(key)


async def aknown(key: str) -> ApiToken | None:
    return await ApiToken.objects.afrom_key(key)
