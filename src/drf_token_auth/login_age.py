"""The age of a session's login. Django does not keep it, so a receiver notes it in the session.

Impersonation is no login: nobody gave the user's password. Packages such as django-hijack log the
user in all the same, and log the staff in again afterwards. Neither counts here.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver

__all__ = ["is_impersonated", "is_recent", "login_age", "note_login"]

# The clocks of two servers may differ: a login on one can lie in the future of the other.
LEEWAY = timedelta(seconds=5)

_LOGIN_AT = "_drf_token_auth_login_at"
_IS_RELEASE = "_drf_token_auth_is_release"
# The marks of django-hijack, django-su and django-impersonate. The first two leave an empty list
# in the session when the staff is back.
_MARKS = ("hijack_history", "exit_users_pk", "_impersonate")


def note_login(request: Any, user: Any) -> None:
    """Remember the time of this login in the session."""
    session = getattr(request, "session", None)
    if session is None or session.get(SESSION_KEY) != str(user.pk):
        return
    if getattr(request, _IS_RELEASE, False):
        return
    for mark in _MARKS:
        if session.get(mark) == []:
            del session[mark]
    session[_LOGIN_AT] = time.time()


@receiver(user_logged_out, dispatch_uid="drf_token_auth.note_release")
def note_release(request: Any, **kwargs: Any) -> None:
    """Remember that an impersonation ends: loginas logs the staff in again in this request."""
    if is_impersonated(request):
        setattr(request, _IS_RELEASE, True)


def is_impersonated(request: Any) -> bool:
    """Whether staff act as the user of this session."""
    return any(_marks(request))


def login_age(request: Any) -> timedelta | None:
    """Return how long ago the session's user logged in, or None if that is not known."""
    session = getattr(request, "session", None)
    if session is None or session.get(SESSION_KEY) != str(request.user.pk):
        return None
    login_at = session.get(_LOGIN_AT)
    if login_at is None or _marks(request):
        return None
    return timedelta(seconds=time.time() - login_at)


def is_recent(age: timedelta | None, max_age: timedelta) -> bool:
    """Whether a login of this age is younger than ``max_age``. An unknown age is not."""
    return age is not None and age >= -LEEWAY and max(age, timedelta(0)) < max_age


def _marks(request: Any) -> list[Any]:
    """Return the marks of impersonation in the session, empty ones included."""
    session = getattr(request, "session", None)
    loginas = getattr(settings, "LOGINAS_FROM_USER_SESSION_FLAG", "loginas_from_user")
    return [] if session is None else [session[m] for m in (*_MARKS, loginas) if m in session]
