"""Find views that still make the tokens of rest_framework.authtoken."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import Tags

from ..conf.rest_framework import OURS, SETTING
from .authenticators import takes_drfs_tokens
from .code import names_in, own_functions
from .rest_framework import default_authenticators
from .served import base_of, served_views
from .shared import Messages, check, error, path_of, warning

AUTHTOKEN = "rest_framework.authtoken"
_HINT = (
    "Use drf_token_auth.views.LoginView, or in a view of your own: from drf_token_auth import "
    "operations; token = operations.issue(user)."
)


@check(Tags.urls)
def check_drfs_tokens() -> Messages:
    """E021: a view makes tokens, but their table is missing. W012: no authenticator takes them."""
    is_installed = apps.is_installed(AUTHTOKEN)
    if is_installed and any(map(takes_drfs_tokens, default_authenticators())):
        return
    for view in served_views():
        name = _path_with_drfs_tokens(view)
        if name is None:
            continue
        if is_installed:
            yield warning(
                "W012",
                f"{name} uses the tokens of {AUTHTOKEN}, but no class in {SETTING} accepts them.",
                f'{_HINT} To keep both packages, write {SETTING} = ["{OURS}", '
                '"rest_framework.authentication.TokenAuthentication"].',
            )
        else:
            yield error("E021", f"{name} uses {AUTHTOKEN}, which is not in INSTALLED_APPS.", _HINT)


def _path_with_drfs_tokens(view: type[Any]) -> str | None:
    """Return the path of the view or function that uses DRF's token, or None."""
    login = base_of(view, f"{AUTHTOKEN}.views.ObtainAuthToken")
    if login is not None and view.post is login.post:
        return path_of(view)
    for function in own_functions(view):
        names = names_in(function)
        used = [function.__globals__.get(name) for name in names]
        modules = {*names, *(one.__module__ for one in used if isinstance(one, type))}
        if f"{AUTHTOKEN}.models" in modules:
            return path_of(function)
    return None
