"""Find code that reads the tokens of a user by a relation that only another package provides."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.core.checks import Tags
from rest_framework.serializers import Serializer

from .code import names_in, own_functions, subclasses
from .served import served_views
from .shared import Messages, check, path_of, warning

# The relations of rest_framework.authtoken and of knox and durin, and what a view can do instead.
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


def _missing() -> list[str]:
    return [name for name in _INSTEAD if not hasattr(get_user_model(), name)]


@check(Tags.urls)
def check_views() -> Messages:
    """W009: a view reads a relation that the project's users do not have."""
    for view in served_views():
        for function in own_functions(view):
            names = names_in(function)
            for relation in _missing():
                if {"user", relation} <= names:
                    yield warning(
                        "W009",
                        f"{path_of(function)} reads user.{relation}, which your users do not have.",
                        _INSTEAD[relation],
                    )


@check(Tags.urls)
def check_sources() -> Messages:
    """W009: a serializer reads a missing relation. DRF leaves a read-only field out silently."""
    served_views()  # This imports the modules of the views, and so their serializers.
    for serializer in subclasses(Serializer):
        for name, field in getattr(serializer, "_declared_fields", {}).items():
            source = str(field.source or name)
            if source.partition(".")[0] in _missing():
                yield warning(
                    "W009",
                    f"{path_of(serializer)}.{name} reads {source}, which your users do not have.",
                    "Delete the field. In the view that creates the token, write "
                    "token = drf_token_auth.operations.issue(user), and put token.key into the "
                    "answer.",
                )
