"""For the tests of projects: a client that acts as a user, by a token made for the purpose."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.test import AsyncRequestFactory
from django.utils import timezone

from . import operations
from .base_models import AbstractToken, Kind

__all__ = ["act_as"]


def act_as(
    client: Any,
    user: Any,
    *,
    scopes: str | Iterable[str] | None = None,
    kind: str = Kind.LOGIN,
    age: timedelta = timedelta(0),
    keyword: str = "Token",
) -> AbstractToken:
    """Give the client a real token of the user.

    :param client: DRF's ``APIClient``, Django's ``Client`` or ``AsyncClient``.
    :param age: how long ago its user logged in, for ``RecentLogin``.
    :returns: the token; its ``.key`` is readable.
    """
    token = operations.issue(user, kind=kind, scopes=scopes)
    if age:
        token.created_at = timezone.now() - age
        token.save(update_fields=["created_at"])
    header = f"{keyword} {token.key}"
    if hasattr(client, "credentials"):
        client.credentials(HTTP_AUTHORIZATION=header)
    else:
        is_async = isinstance(client, AsyncRequestFactory)
        defaults: Any = client.defaults
        defaults["authorization" if is_async else "HTTP_AUTHORIZATION"] = header
    return token
