"""allauth.usersessions: end a session and revoke its token.

:class:`UserSessionsAdapter` revokes the token of a session that the user ends on allauth's page.
The page that logs out all other devices calls :func:`end_other_sessions`.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from allauth.usersessions.adapter import DefaultUserSessionsAdapter, get_adapter
from django.conf import settings

from .. import operations
from .session_tokens import tied_to

__all__ = ["UserSessionsAdapter", "end_other_sessions"]


class UserSessionsAdapter(DefaultUserSessionsAdapter):
    """Adapter for the setting ``USERSESSIONS_ADAPTER``."""

    def end_sessions(self, sessions: Iterable[Any]) -> None:
        store = import_module(settings.SESSION_ENGINE).SessionStore
        sessions = list(sessions)
        tokens = [tied_to(store(one.session_key), one.user) for one in sessions]
        super().end_sessions(sessions)
        for token in tokens:
            if token is not None:
                operations.revoke(token, reason="logout", actor=token.user)


def end_other_sessions(request: Any) -> None:
    """End the user's sessions that allauth knows of, except the session of this request."""
    from allauth.usersessions.models import UserSession

    others = UserSession.objects.filter(user_id=request.user.pk)
    get_adapter().end_sessions(others.exclude(session_key=request.session.session_key))
