"""Find lists of authenticators and permissions with a wrong entry, or with a wrong form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.utils.module_loading import import_string
from rest_framework.authentication import BaseAuthentication

from ..conf.rest_framework import SETTING
from ..conf.rules import show
from .served import lists_of_views
from .shared import Messages, check, error, path_of

_METHODS = {"authentication_classes": "authenticate", "permission_classes": "has_permission"}


@check(Tags.compatibility)
def check_lists_of_django() -> Messages:
    """E025: an authenticator of DRF stands in a list of Django, where it does nothing or fails."""
    for name in ("AUTHENTICATION_BACKENDS", "MIDDLEWARE"):
        for path, found in _classes(getattr(settings, name, ())):
            if issubclass(found, BaseAuthentication):
                yield error(
                    "E025",
                    f"{name} has the entry {path!r}, which is an authenticator of DRF.",
                    f'Delete it there. Write {SETTING} = ["{path}"].',
                )


@check(Tags.compatibility)
def check_default_permissions() -> Messages:
    """E016: DEFAULT_PERMISSION_CLASSES has a class that is not a permission."""
    drfs = getattr(settings, "REST_FRAMEWORK", None)
    listed = drfs.get("DEFAULT_PERMISSION_CLASSES") if isinstance(drfs, Mapping) else ()
    for path, found in _classes(listed):
        if not hasattr(found, "has_permission"):
            yield error(
                "E016",
                f'REST_FRAMEWORK["DEFAULT_PERMISSION_CLASSES"] has the entry {path!r}, which is '
                "not a permission: it has no has_permission().",
                f'Delete it there. Write {SETTING} = ["{path}"].'
                if hasattr(found, "authenticate")
                else "Delete it there, or write the dotted path of a permission.",
            )


@check(Tags.urls)
def check_lists_of_views() -> Messages:
    """E016: authentication_classes or permission_classes of a view is no list of such classes."""
    for view, name, value in lists_of_views():
        place = f"{path_of(view)}.{name}"
        if isinstance(value, str):
            hint = f"Import the class and write {name} = [{value.rpartition('.')[2]}]."
            yield error("E016", f"{place} must be a list, but it is {value!r}.", hint)
        elif isinstance(value, type):
            hint = f"Add a comma: {name} = ({value.__name__},)."
            yield error("E016", f"{place} must be a list, but it is {path_of(value)}.", hint)
        elif value is None:
            yield error("E016", f"{place} must be a list, but it is None.", f"Write {name} = [].")
        for entry in value if isinstance(value, (list, tuple)) else ():
            if not callable(entry):
                wanted = entry if isinstance(entry, str) else type(entry).__name__
                yield error(
                    "E016",
                    f"{place} has the entry {show(entry)}, which is no class.",
                    f"Import the class and write {name} = [{wanted.rpartition('.')[2]}].",
                )
            elif isinstance(entry, type) and not hasattr(entry, _METHODS[name]):
                [other] = _METHODS.keys() - {name}
                yield error(
                    "E016",
                    f"{place} has the entry {path_of(entry)}, which has no {_METHODS[name]}().",
                    f"Delete it there. Write {other} = [{entry.__name__}]."
                    if hasattr(entry, _METHODS[other])
                    else "Delete it there.",
                )


def _classes(listed: Any) -> Iterator[tuple[str, type[Any]]]:
    """Yield the paths that can be imported, each with its class."""
    for path in listed if isinstance(listed, (list, tuple)) else ():
        try:
            found = import_string(path)
        except Exception:  # noqa: BLE001, S112 -- a project's module may run any code
            continue
        if isinstance(found, type):
            yield path, found
