"""The scopes that views ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.urls import URLPattern, URLResolver, get_resolver
from django.views import View
from rest_framework.permissions import OperandHolder, SingleOperandHolder

from .. import conf
from ..permissions import HasScopes
from ..scopes import split_scopes
from .readable import APP, readable

__all__: list[str] = []


@register(Tags.urls)
def check_required_scopes(**kwargs: Any) -> list[CheckMessage]:
    """E008: a view needs a scope that SCOPES does not declare, so no token can have it."""
    in_force = readable()
    if in_force is None or not getattr(settings, "ROOT_URLCONF", None):
        return []
    found: dict[tuple[Any, str], CheckMessage] = {}
    for view, required in _scoped_views():
        for scope in sorted(_named(required) - set(in_force.SCOPES)):
            found[view, scope] = Error(
                f"{view.__module__}.{view.__qualname__} requires the scope {scope!r}, which "
                "SCOPES does not declare.",
                hint=f'Add it: {conf.SETTING} = {{"SCOPES": {{"{scope}": "…"}}}}, '
                "or correct required_scopes.",
                id=f"{APP}.E008",
            )
    return list(found.values())


@register(Tags.urls)
def check_scoped_methods(**kwargs: Any) -> list[CheckMessage]:
    """E012: required_scopes names no HTTP method, so what it asks for is asked of no request."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    found: dict[tuple[Any, str], CheckMessage] = {}
    for view, required in _scoped_views():
        known = {name.upper() for name in [*View.http_method_names, *view.http_method_names]}
        for method in required if isinstance(required, Mapping) else ():
            if not (isinstance(method, str) and method.upper() in known):
                found[view, repr(method)] = Error(
                    f"{view.__module__}.{view.__qualname__} requires scopes for {method!r}, which "
                    "is no HTTP method.",
                    hint="Correct required_scopes: its keys are GET, POST and so on.",
                    id=f"{APP}.E012",
                )
    return list(found.values())


def _scoped_views() -> Iterator[tuple[Any, Any]]:
    """The classes of views with HasScopes, and what their required_scopes are."""
    for callback in _callbacks(get_resolver().url_patterns):
        view = getattr(callback, "cls", None)
        # What as_view() was given, which is where a router puts what @action was given.
        given = getattr(callback, "initkwargs", {})
        permissions = given.get("permission_classes", getattr(view, "permission_classes", None))
        required = given.get("required_scopes", getattr(view, "required_scopes", None))
        # What a property says is known on a request.
        if not isinstance(permissions, Iterable) or not isinstance(required, Iterable | None):
            continue
        if any(_has_scopes(one) for one in permissions):
            yield view, required


def _callbacks(patterns: Iterable[Any]) -> Iterator[Any]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _callbacks(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            yield pattern.callback


def _has_scopes(permission: Any) -> bool:
    if isinstance(permission, OperandHolder):
        return _has_scopes(permission.op1_class) or _has_scopes(permission.op2_class)
    if isinstance(permission, SingleOperandHolder):
        return _has_scopes(permission.op1_class)
    return isinstance(permission, type) and issubclass(permission, HasScopes)


def _named(required: Any) -> set[str]:
    """The scopes that required_scopes names, for any method."""
    groups = required.values() if isinstance(required, Mapping) else [required]
    return {
        scope
        for group in groups
        for scope in (("read", "write") if group is None else split_scopes(group))
    }
