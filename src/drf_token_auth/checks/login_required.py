"""Find views of DRF that a decorator or mixin of Django keeps tokens from."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.core.checks import Tags

from .served import served_callbacks, takes_our_tokens
from .shared import Messages, check, path_of, warning

# Projects keep the pages of these packages behind login_required, and open them in a browser.
_PAGES = ("drf_spectacular", "drf_yasg", "rest_framework")


@check(Tags.urls)
def check_login_required() -> Messages:
    """W019: Django's ``login_required`` runs before DRF reads the token, so it sees nobody."""
    for callback in served_callbacks():
        view = getattr(callback, "cls", None)
        if not isinstance(view, type) or view.__module__.partition(".")[0] in _PAGES:
            continue
        if takes_our_tokens(view) and _needs_a_session(callback, view):
            yield warning(
                "W019",
                f"{path_of(view)} is behind login_required or LoginRequiredMixin, which runs "
                "before DRF reads the token. A request with a token is redirected to the login "
                "page.",
                "Delete it, and write permission_classes = [IsAuthenticated] in the view, or "
                "@permission_classes([IsAuthenticated]) below @api_view.",
            )


def _needs_a_session(callback: Any, view: type[Any]) -> bool:
    # user_passes_test() and the decorators made of it leave this attribute on what they wrap.
    is_wrapped = any(
        hasattr(one, "login_url") for one in (callback, getattr(view, "dispatch", None))
    )
    return is_wrapped or issubclass(view, (LoginRequiredMixin, PermissionRequiredMixin))
