"""Count a reauthentication with allauth as a fresh login, for the pages and for the API.

The app loads this module if ``allauth.account`` is installed.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.signals import authentication_step_completed
from django.dispatch import receiver

from ..logins.age import note_login

__all__ = ["reauthentication_url"]


def reauthentication_url(user: Any) -> str | None:
    """Return the URL where the user can reauthenticate, or None if they have no method for it."""
    methods = get_adapter().get_reauthentication_methods(user)
    return methods[0]["url"] if methods else None


@receiver(authentication_step_completed, dispatch_uid="drf_token_auth.note_reauthentication")
def note_reauthentication(
    request: Any, user: Any, reauthenticated: bool = False, **kwargs: Any
) -> None:
    """Note the time of a reauthentication.

    allauth also sends this signal for each step of a login. Ignore those.
    """
    if reauthenticated and request.user.pk == user.pk:
        note_login(request, user)
