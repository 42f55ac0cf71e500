from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, register

from ...serializers import LoginSerializer
from ...views import LoginView
from .served import served_views

__all__: list[str] = []

APP = "drf_token_auth"


@register(Tags.security)
def check_axes(**kwargs: Any) -> list[CheckMessage]:
    """E013: axes looks for the user's name where our login does not put it, and counts nobody."""
    if not apps.is_installed("axes") or not getattr(settings, "AXES_ENABLED", True):
        return []
    if getattr(settings, "AXES_USERNAME_CALLABLE", None) or not _counts_by_name():
        return []
    field = str(getattr(settings, "AXES_USERNAME_FORM_FIELD", get_user_model().USERNAME_FIELD))
    if field == "username" or not any(map(_is_our_login, served_views())):
        return []
    return [
        Error(
            f"django-axes looks for {field!r} among what authenticate() is given, where our login "
            'puts "username": it locks nobody out.',
            hint='AXES_USERNAME_FORM_FIELD = "username".',
            id=f"{APP}.E013",
        )
    ]


def _counts_by_name() -> bool:
    parameters = getattr(settings, "AXES_LOCKOUT_PARAMETERS", None) or ()
    if not isinstance(parameters, (list, tuple)):
        return True  # a callable may say so
    return any(one == "username" or "username" in one for one in parameters)


def _is_our_login(view: type[Any]) -> bool:
    serializer = getattr(view, "serializer_class", None)
    return (
        issubclass(view, LoginView)
        and getattr(serializer, "validate", None) is LoginSerializer.validate
    )
