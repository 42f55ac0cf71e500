"""allauth.usersessions: revoke the session's token when the user logs it out from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.conf import settings

from .. import operations
from .session_tokens import tied_to

__all__ = ["UserSessionsAdapter"]


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
