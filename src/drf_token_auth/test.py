"""For the tests of projects: a client that acts as a user, by a token made for the purpose."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.test import AsyncRequestFactory
from django.utils import timezone

from . import operations
from .base_models import AbstractToken, Kind

__all__ = ["aact_as", "act_as"]


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

    :param client: DRF's ``APIClient`` or ``RequestsClient``, Django's ``Client``, ``AsyncClient``.
    :param age: how long ago its user logged in, for ``RecentLogin``.
    :returns: the token; its ``.key`` is readable.
    """
    token = operations.issue(user, kind=kind, scopes=scopes)
    if age:
        token.created_at = timezone.now() - age
        token.save(update_fields=["created_at"])
    header = f"{keyword} {token.key}"
    if hasattr(client, "credentials"):
        if _is_forced(client):
            client.force_authenticate(None)
        client.credentials(HTTP_AUTHORIZATION=header)
    elif hasattr(client, "defaults"):
        is_async = isinstance(client, AsyncRequestFactory)
        client.defaults["authorization" if is_async else "HTTP_AUTHORIZATION"] = header
    else:
        client.headers["Authorization"] = header
    return token


def _is_forced(client: Any) -> bool:
    """Whether ``force_authenticate`` would have its way before any header.

    To end it where it was not called would make a session, which a project may not have.
    """
    forced = ("_force_user", "_force_token")
    return any(getattr(getattr(client, "handler", None), name, None) is not None for name in forced)


aact_as: Final = sync_to_async(act_as)
