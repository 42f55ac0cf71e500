"""Find DRF views behind Django's ``login_required``, which does not know tokens."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.core.checks import Tags

from .served import takes_our_tokens, views_with_callbacks
from .shared import Messages, check, path_of, warning

# People open the pages of these packages in a browser, so login_required is correct for them.
_PAGES = ("drf_spectacular", "drf_yasg", "rest_framework")


@check(Tags.urls)
def check_login_required() -> Messages:
    """W019: Django's ``login_required`` runs before DRF reads the token, so it finds no user."""
    for view, callback in views_with_callbacks():
        if view.__module__.partition(".")[0] in _PAGES:
            continue
        if takes_our_tokens(view) and _needs_a_session(callback, view):
            yield warning(
                "W019",
                f"{path_of(view)} is behind login_required or another login check of "
                "Django, which runs before DRF reads the token. A request with a token is "
                "redirected to the login page.",
                "Delete it, and write permission_classes = [IsAuthenticated] in the view, or "
                "@permission_classes([IsAuthenticated]) below @api_view.",
            )


def _needs_a_session(callback: Any, view: type[Any]) -> bool:
    # login_required and user_passes_test() set this attribute on the function that they return.
    is_wrapped = any(
        hasattr(one, "login_url") for one in (callback, getattr(view, "dispatch", None))
    )
    return is_wrapped or issubclass(view, (LoginRequiredMixin, PermissionRequiredMixin))
