"""Find out how long ago the user of a session logged in.

Django does not store the time of a login in the session, so a receiver does. Impersonation is not a
login, because the user gave no password. Packages such as django-hijack log the user in
nevertheless, and log the staff member in again afterwards. Neither login counts here.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver

# The clocks of two servers may differ. A login on one can be in the future for the other.
LEEWAY = timedelta(seconds=5)

_LOGIN_AT = "_drf_token_auth_login_at"
_IS_RELEASE = "_drf_token_auth_is_release"
# The session keys of django-hijack, django-su and django-impersonate. The first two packages leave
# an empty list in the session after the impersonation.
_MARKS = ("hijack_history", "exit_users_pk", "_impersonate")


@receiver(user_logged_in, dispatch_uid="drf_token_auth.note_login")
def note_login(request: Any, user: Any, **kwargs: Any) -> None:
    """Store the time of this login in the session."""
    session = getattr(request, "session", None)
    is_release = getattr(request, _IS_RELEASE, False)
    if is_release or session is None or session.get(SESSION_KEY) != str(user.pk):
        return
    for mark in _MARKS:
        if session.get(mark) == []:
            del session[mark]
    session[_LOGIN_AT] = time.time()


@receiver(user_logged_out, dispatch_uid="drf_token_auth.note_release")
def note_release(request: Any, **kwargs: Any) -> None:
    """Mark a request that stops an impersonation.

    In the same request, django-loginas logs the staff member in again. That login does not count.
    """
    if is_impersonated(request):
        setattr(request, _IS_RELEASE, True)


def is_impersonated(request: Any) -> bool:
    """Return whether a staff member acts as the user of this session."""
    return any(_marks(request))


def login_age(request: Any) -> timedelta | None:
    """Return how long ago the session's user logged in.

    :returns: None if the time is not known, or if the login was an impersonation.
    """
    session = getattr(request, "session", None)
    # A user without a row, such as a service, may have no pk.
    if session is None or session.get(SESSION_KEY) != str(getattr(request.user, "pk", None)):
        return None
    login_at = session.get(_LOGIN_AT)
    if login_at is None or _marks(request):
        return None
    return timedelta(seconds=time.time() - login_at)


def is_recent(age: timedelta | None, max_age: timedelta) -> bool:
    """Return whether a login of this age was less than ``max_age`` ago. None is never recent."""
    return age is not None and age >= -LEEWAY and max(age, timedelta(0)) < max_age


def _marks(request: Any) -> list[Any]:
    """Return the values of all impersonation keys in the session, including empty ones."""
    session = getattr(request, "session", None) or {}
    loginas = getattr(settings, "LOGINAS_FROM_USER_SESSION_FLAG", "loginas_from_user")
    return [session[mark] for mark in (*_MARKS, loginas) if mark in session]
