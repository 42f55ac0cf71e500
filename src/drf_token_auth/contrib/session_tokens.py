"""Tie a login token to a session, and revoke the token when the session logs out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver

from .. import get_token_model, operations
from ..base_models import AbstractToken
from ..managers import TokenQuerySet

__all__ = ["tie", "tied", "tied_id", "tied_to"]

_TOKEN = "_drf_token_auth_token"


def tie(token: AbstractToken, request: Any) -> None:
    """Tie the token to the session of the request. The session's logout then revokes the token.

    Do nothing if the request has no session.
    """
    session = getattr(request, "session", None)
    if session is not None:
        # Store the primary key as text: the session is JSON, which has no UUID.
        session[_TOKEN] = str(token.pk)


def tied_id(session: Any) -> Any:
    """Return the primary key of the session's token as text, or None. Do not load the token."""
    return session.get(_TOKEN)


def tied(request: Any, user: Any) -> AbstractToken | None:
    """Return the user's token that is tied to the session of this request, or None."""
    return tied_to(getattr(request, "session", {}), user)


def tied_to(session: Any, user: Any) -> AbstractToken | None:
    """Return the user's token that is tied to this session, or None."""
    pk = session.get(_TOKEN)
    if pk is None or user is None:
        return None
    tokens: TokenQuerySet[AbstractToken] = get_token_model()._default_manager.all()
    return tokens.filter(pk=pk, user=user).first()


@receiver(user_logged_out, dispatch_uid="drf_token_auth.revoke_with_session")
def revoke_with_session(request: Any, user: Any, **kwargs: Any) -> None:
    """Revoke the session's token. Do nothing if ``request`` is None, as channels sends it."""
    token = tied(request, user)
    if token is not None:
        operations.revoke(token, reason="logout", request=request, actor=user)
