"""Find an include() of our URLs whose route lacks its slash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.checks import Tags
from django.urls import URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from .served import served_callbacks
from .shared import Messages, check, warning

__all__: list[str] = []


@check(Tags.urls)
def check_routes() -> Messages:
    """W015: the routes follow the prefix without a slash, or begin with two."""
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


def _included(patterns: Iterable[Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield the modules of ours that are included, and the whole route of each.

    The text that a regular expression matches is not known. So the route begins again after it.
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
