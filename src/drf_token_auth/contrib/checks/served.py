"""What the checks ask of the URLs and of the settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.module_loading import import_string

from ... import conf
from ...authentication import ExpiringTokenAuthentication
from ...base_models import AbstractToken

__all__ = [
    "base_of",
    "comes_from",
    "is_named",
    "is_ours",
    "our_settings",
    "served_views",
    "takes_ours",
]


def our_settings() -> conf.Settings | None:
    """None where they have to be put right first, as other checks say."""
    try:
        return conf.get_settings()
    except ImproperlyConfigured:
        return None


def served_views() -> list[type[Any]]:
    """The classes of the views in the URLs."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    return list(_served(get_resolver().url_patterns))


def _served(patterns: Iterable[Any]) -> Iterator[type[Any]]:
    """But for those that another with the same route stands before."""
    routes = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _served(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and str(pattern.pattern) not in routes:
            routes.add(str(pattern.pattern))
            view = getattr(pattern.callback, "cls", None)
            if view is not None:
                yield view


def base_of(view: type[Any], path: str) -> Any:
    """The class of that dotted path, if the view is one or is derived from it."""
    return next(
        (one for one in view.__mro__ if f"{one.__module__}.{one.__qualname__}" == path), None
    )


def comes_from(view: type[Any], package: str) -> bool:
    return any(one.__module__.partition(".")[0] == package for one in view.__mro__)


def takes_ours(view: type[Any]) -> bool:
    return any(issubclass(one, ExpiringTokenAuthentication) for one in view.authentication_classes)


def is_named(named: Any, wanted: str | type[Any]) -> bool:
    """Whether a dotted path names a class or one derived from it."""
    try:
        found, base = (
            import_string(one) if isinstance(one, str) else one for one in (named, wanted)
        )
    except ImportError:
        return False
    return isinstance(found, type) and issubclass(found, base)


def is_ours(token_model: Any) -> bool:
    """Whether a dotted path names a token model of ours."""
    return is_named(token_model, AbstractToken)
