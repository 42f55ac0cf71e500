"""When the login of a session was: Django does not keep it, so a receiver notes it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY

__all__ = ["is_impersonated", "login_age", "note_login"]

# Set in the session by django-hijack, django-loginas, django-su and django-impersonate.
_IMPERSONATION = ("hijack_history", "loginas_from_user", "exit_users_pk", "_impersonate")
_LOGIN_AT = "_drf_token_auth_login_at"


def note_login(request: Any, user: Any) -> None:
    """Remember the time in the session, if it is this user's."""
    session = getattr(request, "session", None)
    if session is not None and session.get(SESSION_KEY) == str(user.pk):
        session[_LOGIN_AT] = time.time()


def is_impersonated(request: Any) -> bool:
    """Whether somebody else, such as an operator, acts as the user of this session."""
    session = getattr(request, "session", None)
    return session is not None and any(session.get(name) for name in _IMPERSONATION)


def login_age(request: Any) -> timedelta | None:
    """How long ago the session's user logged in; None if the session does not know.

    Impersonating a user is no login of theirs.
    """
    session = getattr(request, "session", None)
    if (
        session is None
        or is_impersonated(request)
        or session.get(SESSION_KEY) != str(request.user.pk)
    ):
        return None
    login_at = session.get(_LOGIN_AT)
    return None if login_at is None else timedelta(seconds=time.time() - login_at)
