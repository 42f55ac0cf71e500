"""Find the views that the project's URLs serve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.module_loading import import_string

from ..authentication import ExpiringTokenAuthentication
from ..base_models import AbstractToken
from .shared import path_of


def served_callbacks() -> list[Any]:
    """Return the callbacks of the URLs.

    If the URLs cannot be loaded, the list is empty. Django's own check then raises the error.
    """
    try:
        return list(_callbacks(get_resolver().url_patterns))
    except Exception:  # noqa: BLE001 -- the project's URL modules may run any code
        return []


def _callbacks(patterns: Iterable[Any]) -> Iterator[Any]:
    """Yield the callbacks. Leave out a pattern if an earlier one in its list has the same route."""
    routes = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _callbacks(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and str(pattern.pattern) not in routes:
            routes.add(str(pattern.pattern))
            yield pattern.callback


def views_with_callbacks() -> list[tuple[type[Any], Any]]:
    """Return the class of each DRF view, and the callback that its URL pattern has."""
    pairs = [(getattr(callback, "cls", None), callback) for callback in served_callbacks()]
    return [(view, callback) for view, callback in pairs if isinstance(view, type)]


def served_views() -> list[type[Any]]:
    """Return the classes of the DRF views, without duplicates."""
    return list(dict(views_with_callbacks()))


def loaded_subclasses(parent: type[Any]) -> list[type[Any]]:
    """Return the direct and indirect subclasses in all modules that are imported."""
    served_views()  # This imports the modules of the views.
    found = parent.__subclasses__()
    for child in found:
        found += child.__subclasses__()
    return found


def base_of(view: type[Any], path: str) -> Any:
    """Return the class with this dotted path among the view and its base classes, or None."""
    return next((one for one in view.__mro__ if path_of(one) == path), None)


def comes_from(view: type[Any], package: str) -> bool:
    """Return whether the view, or a class that it derives from, is in ``package``."""
    return any(one.__module__.partition(".")[0] == package for one in view.__mro__)


def takes_our_tokens(view: type[Any]) -> bool:
    """Return whether the view has an authenticator of this package."""
    classes = getattr(view, "authentication_classes", None)
    return isinstance(classes, (list, tuple)) and any(
        isinstance(one, type) and issubclass(one, ExpiringTokenAuthentication) for one in classes
    )


def class_at(path: Any) -> Any:
    """Return the class that a dotted path names, or None if it names no class."""
    try:
        found = import_string(path) if isinstance(path, str) else path
    except Exception:  # noqa: BLE001 -- a project's module may run any code
        return None
    return found if isinstance(found, type) else None


def is_named(named: Any, wanted: str | type[Any]) -> bool:
    """Return whether a dotted path names the class ``wanted`` or a subclass of it."""
    return issubclass(class_at(named) or object, class_at(wanted) or ())


def is_our_token_model(token_model: Any) -> bool:
    """Return whether a dotted path names a subclass of AbstractToken."""
    return is_named(token_model, AbstractToken)
