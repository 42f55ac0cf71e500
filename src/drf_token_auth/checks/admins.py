"""Find the project's admin classes of tokens that name a column that a token does not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.checks import Tags
from django.core.exceptions import FieldDoesNotExist

from ..base_models import AbstractToken
from .shared import Messages, check, error, path_of, warning

__all__: list[str] = []

_HINT = "The database holds only a digest of each key. Write {}, or delete the name."
_INSTEAD = {"key": '"hint", the first characters of the key', "created": '"created_at"'}


@check(Tags.admin)
def check_admins() -> Messages:
    """E023: a page of the admin would answer 500. W014: a column of its list stays empty."""
    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.sites import all_sites

    found = (one for site in all_sites for one in site._registry.values())
    for admin in found:
        for cls in (type(admin), *_inlines_of(admin)):
            model = getattr(cls, "model", None) or admin.model
            if issubclass(model, AbstractToken):
                yield from _empty_columns(cls)
                yield from _errors(cls, model)
        yield from _lookups_of_auth_token(admin)


def _inlines_of(admin: Any) -> list[Any]:
    return [one for one in admin.inlines if hasattr(one, "model")]


def _empty_columns(cls: Any) -> Messages:
    if "key" in _texts(getattr(cls, "list_display", ())) and not hasattr(cls, "key"):
        yield warning(
            "W014",
            f"{path_of(cls)}.list_display has 'key', so the list has an empty column.",
            _HINT.format(_INSTEAD["key"]),
        )


def _errors(cls: Any, model: Any) -> Messages:
    for option, name in _broken(cls, model):
        is_column = _column(model, name) is not None
        yield error(
            "E023",
            f"{path_of(cls)}.{option} has {name!r}, which "
            f"{'is not editable' if is_column else 'is no column of a token'}. "
            "The admin's page would answer 500.",
            f'Write readonly_fields = ["{name}"] too.'
            if is_column
            else _HINT.format(_INSTEAD.get(name, "a name of the model's columns")),
        )


def _broken(cls: Any, model: Any) -> Iterator[tuple[str, str]]:
    """Yield the options that fail only when a page is opened, each with the name that fails."""
    if not _searches_itself(cls):
        for name in _texts(getattr(cls, "search_fields", ())):
            first = name.lstrip("^=@").partition("__")[0]
            if first != "pk" and _column(model, first) is None:
                yield "search_fields", first
    readonly = {*_texts(cls.readonly_fields), *getattr(cls.form, "declared_fields", ())}
    for option, name in _form_names(cls):
        column = _column(model, name)
        if name not in readonly and (column is None or not getattr(column, "editable", True)):
            yield option, name


def _searches_itself(cls: Any) -> bool:
    """Return whether the list has our own search, which does not use ``search_fields``."""
    search = getattr(cls, "get_search_results", None)
    return search is None or search.__module__.startswith("drf_token_auth.")


def _form_names(cls: Any) -> Iterator[tuple[str, str]]:
    from django.contrib.admin.utils import flatten, flatten_fieldsets

    yield from (("fields", one) for one in _texts(flatten(cls.fields or ())))
    yield from (("fieldsets", one) for one in _texts(flatten_fieldsets(cls.fieldsets or ())))


def _texts(names: Iterable[Any]) -> list[str]:
    return [name for name in names if isinstance(name, str)]


def _column(model: Any, name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def _lookups_of_auth_token(admin: Any) -> Messages:
    """Find ``auth_token__key``, which only rest_framework.authtoken provides, in any admin."""
    if hasattr(get_user_model(), "auth_token"):
        return
    for name in _texts(admin.search_fields):
        if "auth_token" in name.lstrip("^=@").split("__"):
            yield error(
                "E023",
                f"{path_of(type(admin))}.search_fields has {name!r}, but your users have no "
                "auth_token. A search would answer 500.",
                "Delete the name. The admin of tokens finds the token of a key.",
            )
