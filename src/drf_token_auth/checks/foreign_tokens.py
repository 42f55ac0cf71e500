"""Find code that makes or reads the tokens of rest_framework.authtoken, knox or durin."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.checks import Tags
from rest_framework.serializers import Serializer

from ..conf.rest_framework import OURS, SETTING
from .authenticators import takes_drfs_tokens
from .code import names_in, own_functions
from .rest_framework import default_authenticators
from .served import base_of, loaded_subclasses, served_views
from .shared import Messages, check, error, path_of, warning

AUTHTOKEN = "rest_framework.authtoken"
_HINT = (
    "Use drf_token_auth.views.LoginView, or in a view of your own: from drf_token_auth import "
    "operations; token = operations.issue(user)."
)
# rest_framework.authtoken adds the first attribute to a user. knox and durin add the second. Each
# text says what a view can do instead.
_INSTEAD = {
    "auth_token": (
        "A user may have several tokens. request.auth is the token of the request. To revoke it, "
        'write request.auth.revoke(reason="logout"). To make a new one, write '
        "drf_token_auth.operations.issue(user)."
    ),
    "auth_token_set": (
        "Write drf_token_auth.operations.revoke_all(user) to revoke the tokens, or read "
        "user.drf_token_auth_token_set."
    ),
}


@check(Tags.urls)
def check_drfs_tokens() -> Messages:
    """E021: a view uses authtoken, which is missing. W012: no default class accepts its tokens."""
    is_installed = apps.is_installed(AUTHTOKEN)
    if is_installed and any(map(takes_drfs_tokens, default_authenticators())):
        return
    for name in map(_path_with_drfs_tokens, served_views()):
        if name is not None and is_installed:
            yield warning(
                "W012",
                f"{name} uses the tokens of {AUTHTOKEN}, but no class in {SETTING} accepts them.",
                f'{_HINT} To keep both packages, write {SETTING} = ["{OURS}", '
                '"rest_framework.authentication.TokenAuthentication"].',
            )
        elif name is not None:
            yield error("E021", f"{name} uses {AUTHTOKEN}, which is not in INSTALLED_APPS.", _HINT)


def _path_with_drfs_tokens(view: type[Any]) -> str | None:
    """Return the path of the view or function that uses DRF's token, or None."""
    login = base_of(view, f"{AUTHTOKEN}.views.ObtainAuthToken")
    if login is not None and view.post is login.post:
        return path_of(view)
    return next((path_of(one) for one in own_functions(view) if _names_drfs_token(one)), None)


def _names_drfs_token(function: FunctionType) -> bool:
    names = names_in(function)
    used = [function.__globals__.get(name) for name in names]
    modules = {*names, *(one.__module__ for one in used if isinstance(one, type))}
    return f"{AUTHTOKEN}.models" in modules


def _missing_relations() -> list[str]:
    return [name for name in _INSTEAD if not hasattr(get_user_model(), name)]


@check(Tags.urls)
def check_views() -> Messages:
    """W009: a view reads a relation that the project's users do not have."""
    for function in (one for view in served_views() for one in own_functions(view)):
        names = names_in(function)
        for relation in _missing_relations():
            if {"user", relation} <= names:
                yield warning(
                    "W009",
                    f"{path_of(function)} reads user.{relation}, which your users do not have.",
                    _INSTEAD[relation],
                )


@check(Tags.urls)
def check_sources() -> Messages:
    """W009: a serializer reads a missing relation. DRF then omits a read-only field silently."""
    for serializer in loaded_subclasses(Serializer):
        for name, field in getattr(serializer, "_declared_fields", {}).items():
            source = str(field.source or name)
            if source.partition(".")[0] in _missing_relations():
                yield warning(
                    "W009",
                    f"{path_of(serializer)}.{name} reads {source}, which your users do not have.",
                    "Delete the field. In the view that creates the token, write "
                    "token = drf_token_auth.operations.issue(user), and put token.key into the "
                    "answer.",
                )
