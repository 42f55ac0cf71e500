"""Check the lists of authenticators and permissions in views."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from django.core.checks import Tags

from ..conf.rules import show
from .code import own_classes
from .served import views_with_callbacks
from .shared import Messages, check, error, path_of, warning

# For each list: the method that its classes have, and the method of a view that reads the list.
_METHODS = {
    "authentication_classes": ("authenticate", "get_authenticators"),
    "permission_classes": ("has_permission", "get_permissions"),
}


@check(Tags.urls)
def check_lists_of_views() -> Messages:
    """E016: a list has a wrong form or entry. W020: its name is misspelt."""
    for view, callback in views_with_callbacks():
        own = _attributes(view, callback)
        for name, (owner, value) in own.items():
            place = f"{path_of(owner)}.{name}"
            if name in _METHODS:
                yield from _wrong_form(place, name, value)
            elif isinstance(value, (list, tuple, type)):
                for near in get_close_matches(name, _METHODS, 1, 0.9):
                    # A view with its own get_…() may read lists with other names.
                    if _METHODS[near][1] not in own:
                        yield warning("W020", f"DRF does not read {place}.", f"Write {near} = […].")


def _attributes(view: type[Any], callback: Any) -> dict[str, tuple[type[Any], Any]]:
    """Return the project's attributes of a view, as a dict of names to the class and the value."""
    found: dict[str, tuple[type[Any], Any]] = {}
    for owner in reversed(list(own_classes(view))):
        found |= {name: (owner, value) for name, value in vars(owner).items()}
    # A router passes the arguments of @action to as_view().
    given = getattr(callback, "initkwargs", {})
    return found | {name: (view, value) for name, value in given.items()}


def _wrong_form(place: str, name: str, value: Any) -> Messages:
    if isinstance(value, (list, tuple)):
        for entry in value:
            yield from _wrong_entry(place, name, entry)
    elif value is None:
        yield error("E016", f"{place} must be a list, but it is None.", f"Write {name} = [].")
    elif isinstance(value, str):
        hint = f"Import the class and write {name} = [{value.rpartition('.')[2]}]."
        yield error("E016", f"{place} must be a list, but it is {value!r}.", hint)
    elif isinstance(value, type):
        hint = f"Add a comma: {name} = ({value.__name__},)."
        yield error("E016", f"{place} must be a list, but it is {path_of(value)}.", hint)


def _wrong_entry(place: str, name: str, entry: Any) -> Messages:
    method, [other] = _METHODS[name][0], _METHODS.keys() - {name}
    if not callable(entry):
        wanted = entry if isinstance(entry, str) else type(entry).__name__
        yield error(
            "E016",
            f"{place} has the entry {show(entry)}, which is no class.",
            f"Import the class and write {name} = [{wanted.rpartition('.')[2]}].",
        )
    elif isinstance(entry, type) and not hasattr(entry, method):
        yield error(
            "E016",
            f"{place} has the entry {path_of(entry)}, which has no {method}().",
            f"Delete it there. Write {other} = [{entry.__name__}]."
            if hasattr(entry, _METHODS[other][0])
            else "Delete it there.",
        )
