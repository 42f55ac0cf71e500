"""Find mistakes in the project's token admins."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import Tags

from ..base_models import AbstractToken
from .shared import Messages, check, error, path_of, warning

_INSTEAD = {"key": '"hint", the first characters of the key', "created": '"created_at"'}


@check(Tags.admin)
def check_admins() -> Messages:
    """E023: a page would answer 500. W014: an empty column. W021: staff can edit a token's user."""
    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.sites import all_sites

    for admin in (one for site in all_sites for one in site._registry.values()):
        for cls in (type(admin), *admin.inlines):
            if issubclass(getattr(cls, "model", None) or admin.model, AbstractToken):
                yield from _mistakes(cls)
        if issubclass(admin.model, AbstractToken) and _can_change_user(admin):
            yield warning(
                "W021",
                f"On the pages of {path_of(type(admin))}, staff can change the user of a token. "
                "They could give their own token to a user with more rights.",
                "Write drf_token_auth.admin.TokenAdminMixin as the first base of the class, or "
                'readonly_fields = ["user"].',
            )


def _can_change_user(admin: Any) -> bool:
    """Return whether staff can edit the user of a stored token.

    If a method of the admin decides this for each request, return False.
    """
    from django.contrib.admin import ModelAdmin
    from django.contrib.admin.utils import flatten_fieldsets

    asks_request = ("get_readonly_fields", "get_fields", "get_exclude", "has_change_permission")
    if any(getattr(type(admin), name) is not getattr(ModelAdmin, name) for name in asks_request):
        return False
    shown = flatten_fieldsets(admin.fieldsets or [(None, {"fields": admin.fields or ["user"]})])
    return "user" in shown and "user" not in {*admin.readonly_fields, *(admin.exclude or ())}


def _mistakes(cls: Any) -> Messages:
    from django.contrib.admin.utils import flatten, flatten_fieldsets

    from ..admin import TokenAdminMixin

    # Our own admin does not search by search_fields.
    searched = () if issubclass(cls, TokenAdminMixin) else getattr(cls, "search_fields", ())
    used = {
        "search_fields": {str(one).lstrip("^=@").partition("__")[0] for one in searched},
        "fields": {*flatten(cls.fields or ())} - {*cls.readonly_fields},
        "fieldsets": {*flatten_fieldsets(cls.fieldsets or ())} - {*cls.readonly_fields},
    }
    if "key" in getattr(cls, "list_display", ()) and not hasattr(cls, "key"):
        message = f"{path_of(cls)}.list_display has 'key', so the list has an empty column."
        yield warning("W014", message, _hint("key"))
    for option, names in used.items():
        for name in _INSTEAD:
            if name in names:
                yield error(
                    "E023",
                    f"{path_of(cls)}.{option} has {name!r}, which is no column of a token. The "
                    "admin's page would answer 500.",
                    _hint(name),
                )


def _hint(name: str) -> str:
    why = "The database holds only a digest of each key. " if name == "key" else ""
    return f"{why}Write {_INSTEAD[name]}, or delete the name."
