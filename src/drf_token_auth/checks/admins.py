"""Find admin classes of a project that ask for the key of a token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.checks import Tags

from ..base_models import AbstractToken
from .shared import Messages, check, path_of, warning

__all__: list[str] = []


@check(Tags.admin)
def check_admins() -> Messages:
    """W014: an admin of tokens shows or searches the key, as the admin of DRF's tokens does."""
    if not apps.is_installed("django.contrib.admin"):
        return
    for one in sorted(set(_admins_of_tokens()), key=path_of):
        for option in _options_with_key(one):
            yield warning(
                "W014",
                f'{path_of(one)}.{option} names "key", but the database has only a hash of each '
                "key.",
                'Write "hint" in place of "key". The hint is the first characters of the key.',
            )


def _admins_of_tokens() -> Iterator[type[Any]]:
    from django.contrib.admin.sites import all_sites

    for site in list(all_sites):
        for model, registered in site._registry.items():
            if issubclass(model, AbstractToken):
                yield type(registered)


def _options_with_key(one: Any) -> Iterator[str]:
    from django.contrib.admin import ModelAdmin

    # The class may have a method of this name.
    if "key" in one.list_display and not hasattr(one, "key"):
        yield "list_display"
    # A class with a search of its own, such as ours, need not read these columns.
    if one.get_search_results is ModelAdmin.get_search_results:
        columns = {name.lstrip("^=@").partition("__")[0] for name in one.search_fields}
        if "key" in columns:
            yield "search_fields"
