"""Check the scopes that views require."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.checks import Tags
from django.views import View
from rest_framework.permissions import OperandHolder, SingleOperandHolder

from .. import conf
from ..permissions import HasScopes
from ..scopes import split_scopes
from .served import views_with_callbacks
from .shared import Messages, check, error, path_of


@check(Tags.urls)
def check_required_scopes() -> Messages:
    """E008: a view requires a scope that SCOPES does not declare, so no token can have it.

    E012: required_scopes has a key that is not an HTTP method, so its scopes do nothing.
    """
    declared = set(conf.get_settings().SCOPES)
    for view, required in _scoped_views():
        for scope in sorted(_named(required) - declared):
            yield error(
                "E008",
                f"{path_of(view)} requires the scope {scope!r}, but {conf.SETTING}['SCOPES'] does "
                "not declare it. No token can have it.",
                f'Write {conf.SETTING} = {{"SCOPES": {{"{scope}": "…"}}}}, or correct '
                "required_scopes.",
            )
        names = [*View.http_method_names, *getattr(view, "http_method_names", ())]
        for method in required if isinstance(required, Mapping) else ():
            if str(method).lower() not in names:
                yield error(
                    "E012",
                    f"{path_of(view)} requires scopes for {method!r}, which is not an HTTP method.",
                    'Write required_scopes = {"GET": […], "POST": […]}.',
                )


def _scoped_views() -> Iterator[tuple[type[Any], Any]]:
    """Yield each view class with HasScopes, and its required_scopes."""
    for view, callback in views_with_callbacks():
        # A router passes the arguments of @action to as_view().
        given = getattr(callback, "initkwargs", {})
        permissions = given.get("permission_classes", getattr(view, "permission_classes", None))
        required = given.get("required_scopes", getattr(view, "required_scopes", None))
        # Leave out properties. Their values are only known in a request.
        if not isinstance(permissions, Iterable) or not isinstance(required, Iterable | None):
            continue
        if any(_has_scopes(one) for one in permissions):
            yield view, required


def _has_scopes(permission: Any) -> bool:
    if isinstance(permission, (OperandHolder, SingleOperandHolder)):
        return _has_scopes(permission.op1_class) or _has_scopes(
            getattr(permission, "op2_class", None)
        )
    return isinstance(permission, type) and issubclass(permission, HasScopes)


def _named(required: Any) -> set[str]:
    """Return all scopes in required_scopes. It may be a list, or a dict with a list per method."""
    groups = required.values() if isinstance(required, Mapping) else [required]
    return {scope for group in groups for scope in _names_in(group)}


def _names_in(group: Any) -> list[str]:
    if group is None:
        return ["read", "write"]
    if not isinstance(group, Iterable):
        return [repr(group)]
    return [one if isinstance(one, str) else repr(one) for one in split_scopes(group)]
