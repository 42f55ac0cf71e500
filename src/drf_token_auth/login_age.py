"""The age of a session's login. Django does not keep it, so a receiver notes it in the session.

Impersonation is no login: nobody gave the user's password. django-hijack and django-loginas log
their users in all the same, and log the staff in again afterwards. Neither counts here.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver

__all__ = ["is_impersonated", "login_age", "note_login"]

_LOGIN_AT = "_drf_token_auth_login_at"
_IS_RELEASE = "_drf_token_auth_is_release"
# django-hijack leaves an empty list behind when the staff is back.
_HIJACK = "hijack_history"


def note_login(request: Any, user: Any) -> None:
    """Remember the time of this login in the session."""
    session = getattr(request, "session", None)
    if session is None or session.get(SESSION_KEY) != str(user.pk):
        return
    if getattr(request, _IS_RELEASE, False):
        return
    if session.get(_HIJACK) == []:
        del session[_HIJACK]
    session[_LOGIN_AT] = time.time()


@receiver(user_logged_out, dispatch_uid="drf_token_auth.note_release")
def note_release(request: Any, **kwargs: Any) -> None:
    """Remember that an impersonation ends: loginas logs the staff in again in this request."""
    if is_impersonated(request):
        setattr(request, _IS_RELEASE, True)


def login_age(request: Any) -> timedelta | None:
    """Return how long ago the session's user logged in, or None if that is not known."""
    session = getattr(request, "session", None)
    if session is None or session.get(SESSION_KEY) != str(request.user.pk):
        return None
    login_at = session.get(_LOGIN_AT)
    if login_at is None or is_impersonated(request):
        return None
    return timedelta(seconds=time.time() - login_at)


def is_impersonated(request: Any) -> bool:
    """Whether staff act as the user of this session, or have done so in this session."""
    session = getattr(request, "session", None) or {}
    loginas = getattr(settings, "LOGINAS_FROM_USER_SESSION_FLAG", "loginas_from_user")
    return _HIJACK in session or loginas in session
