"""Helpers for the tests of a project: give a test client a token of a user."""

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
    """Issue a token for the user, and let the client send it with each request.

    :param client: a test client of DRF (``APIClient``, ``RequestsClient``) or Django (``Client``,
        ``AsyncClient``).
    :param scopes: a list, or text with spaces. None means all that the user may do.
    :param kind: "login" or "personal".
    :param age: a timedelta: how long ago the user logged in, to test ``RecentLogin``.
    :param keyword: the first word of the ``Authorization`` header.
    :returns: the token. Its ``.key`` is readable.
    :raises TypeError, ValueError, TokenLimitReached, Refused: as :func:`operations.issue`.
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
    """Return whether ``force_authenticate()`` was called. DRF would ignore the header then.

    ``force_authenticate(None)`` ends this, but it also creates a session. So call it only if it is
    needed: the project may not have sessions.
    """
    forced = ("_force_user", "_force_token")
    return any(getattr(getattr(client, "handler", None), name, None) is not None for name in forced)


aact_as: Final = sync_to_async(act_as)
