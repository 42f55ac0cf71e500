"""A reauthentication with allauth counts as a fresh login, for the pages and for the API.

Loaded where ``allauth.account`` is installed.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.signals import authentication_step_completed
from django.dispatch import receiver

from ..login_age import note_login

__all__ = ["reauthentication_url"]


def reauthentication_url(user: Any) -> str | None:
    """The page on which the user confirms who they are. None: the user has no way to do so."""
    methods = get_adapter().get_reauthentication_methods(user)
    return methods[0]["url"] if methods else None


@receiver(authentication_step_completed, dispatch_uid="drf_token_auth.note_reauthentication")
def note_reauthentication(
    request: Any, user: Any, reauthenticated: bool = False, **kwargs: Any
) -> None:
    """Note the time. The signal is also sent halfway through a login, which is not enough."""
    if reauthenticated and request.user.is_authenticated and request.user.pk == user.pk:
        note_login(request, user)
