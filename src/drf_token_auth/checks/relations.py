"""Find code that reads the tokens of a user by a relation that only another package provides."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.core.checks import Tags
from rest_framework.serializers import Serializer

from .code import own_functions, subclasses
from .served import served_views
from .shared import Messages, check, path_of, warning


@check(Tags.urls)
def check_knoxs_relation() -> Messages:
    """W009: a view reads ``user.auth_token_set``, which knox and durin provide."""
    if hasattr(get_user_model(), "auth_token_set"):
        return
    functions = (one for view in served_views() for one in own_functions(view))
    for function in dict.fromkeys(functions):
        if {"user", "auth_token_set"} <= set(function.__code__.co_names):
            yield warning(
                "W009",
                f"{path_of(function)} reads user.auth_token_set, which your users do not have.",
                "Write drf_token_auth.operations.revoke_all(user) to revoke the tokens, or read "
                "user.drf_token_auth_token_set.",
            )


@check(Tags.urls)
def check_sources() -> Messages:
    """W009: a serializer reads a missing relation. DRF leaves a read-only field out silently."""
    served_views()  # This imports the modules of the views, and so their serializers.
    for serializer in subclasses(Serializer):
        for name, field in getattr(serializer, "_declared_fields", {}).items():
            source = str(field.source or name)
            first = source.partition(".")[0]
            is_relation = first in ("auth_token", "auth_token_set")
            if is_relation and not hasattr(get_user_model(), first):
                yield warning(
                    "W009",
                    f"{path_of(serializer)}.{name} reads {source}, which your users do not have.",
                    "Delete the field. In the view that creates the token, write "
                    "token = drf_token_auth.operations.issue(user), and put token.key into the "
                    "answer.",
                )
