"""django-axes: check that it counts the attempts at this package's login."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model

from ..checks.logins import asks_the_backends
from ..checks.served import served_views
from ..checks.shared import Messages, error

__all__ = ["find"]


def find() -> Messages:
    """E013: axes looks for the username in a field that this package's login does not use."""
    if not apps.is_installed("axes") or not getattr(settings, "AXES_ENABLED", True):
        return
    if getattr(settings, "AXES_USERNAME_CALLABLE", None) or not _counts_by_name():
        return
    field = str(getattr(settings, "AXES_USERNAME_FORM_FIELD", get_user_model().USERNAME_FIELD))
    if field == "username" or not any(map(asks_the_backends, served_views())):
        return
    yield error(
        "E013",
        f"django-axes looks for the username under {field!r}, but our login gives it to "
        'authenticate() as "username". axes would lock nobody out.',
        'Write AXES_USERNAME_FORM_FIELD = "username".',
    )


def _counts_by_name() -> bool:
    parameters = getattr(settings, "AXES_LOCKOUT_PARAMETERS", None) or ()
    if not isinstance(parameters, (list, tuple)):
        return True  # A callable may count by name.
    return any(
        one == "username" or (isinstance(one, (list, tuple)) and "username" in one)
        for one in parameters
    )
