"""Find a login that no user can pass, because Django cannot find or check the user."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_backends, get_user_model
from django.contrib.auth.backends import ModelBackend
from django.core.checks import Tags

from ..logins.backends import takes_names
from ..serializers import TokenLoginSerializer
from .served import base_of, served_views
from .shared import Messages, check, path_of, warning


@check(Tags.security)
def check_backends() -> Messages:
    """W018: no backend takes the name, or Django's backend cannot find a user by it."""
    if not any(map(asks_the_backends, served_views())):
        return
    backends = get_backends()
    names = ", ".join(path_of(type(one)) for one in backends)
    if not any(map(takes_names, backends)):
        yield warning(
            "W018",
            f"No class in AUTHENTICATION_BACKENDS accepts the arguments of a login: {names}. Every "
            "login would be refused.",
            "Write def authenticate(self, request, username=None, password=None). The name is in "
            "username, even if it is an e-mail address.",
        )
    manager = get_user_model()._default_manager
    if any(map(_is_djangos, backends)) and not hasattr(manager, "get_by_natural_key"):
        yield warning(
            "W018",
            f"The default manager of {get_user_model()._meta.label} has no get_by_natural_key(), "
            "which Django's ModelBackend calls. A login would answer 500.",
            "Derive the manager from django.contrib.auth.base_user.BaseUserManager, and write "
            "objects = … with it in the class of the user, before other managers.",
        )


def asks_the_backends(view: type[Any]) -> bool:
    """Return whether the view is our login, and its serializer calls ``authenticate()``."""
    serializer = getattr(view, "serializer_class", None)
    return (
        base_of(view, "drf_token_auth.views.login.LoginView") is not None
        and getattr(serializer, "validate", None) is TokenLoginSerializer.validate
    )


def _is_djangos(backend: Any) -> bool:
    return type(backend).authenticate is ModelBackend.authenticate
