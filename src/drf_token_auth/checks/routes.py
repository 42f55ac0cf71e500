"""Find an ``include()`` of our URLs with a wrong slash, and ``as_view`` without brackets."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.checks import Tags
from django.urls import URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from .served import served_callbacks
from .shared import Messages, check, error, path_of, warning


@check(Tags.urls)
def check_routes() -> Messages:
    """W015: the route of an ``include()`` begins with a slash, or does not end with one."""
    if not served_callbacks():  # The URLs cannot be loaded, or there are none.
        return
    for name, route in _included(get_resolver().url_patterns):
        if route and (route.startswith("/") or not route.endswith("/")):
            right = f"{route.strip('/')}/"
            yield warning(
                "W015",
                f"{name} is included at {route!r}, so the addresses do not begin with /{right}.",
                f'Write path("{right}", include("{name}")).',
            )


@check(Tags.urls)
def check_brackets() -> Messages:
    """E024: the URLs have ``View.as_view`` in place of ``View.as_view()``."""
    for method in filter(inspect.ismethod, served_callbacks()):
        if method.__name__ == "as_view" and isinstance(method.__self__, type):
            yield error(
                "E024",
                f"The URLs have {path_of(method.__self__)}.as_view without brackets. Every request "
                "to this view would answer 500.",
                f"Write {method.__self__.__name__}.as_view().",
            )


def _included(patterns: Iterable[Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name of each included URL module of ours, and its whole route.

    A regular expression may match any text, so the route after it begins empty.
    """
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            is_path = isinstance(pattern.pattern, RoutePattern)
            route = f"{before}{pattern.pattern}" if is_path else ""
            name = getattr(pattern.urlconf_module, "__name__", "")
            if name.startswith("drf_token_auth."):
                yield name, route
            else:
                yield from _included(pattern.url_patterns, route)
