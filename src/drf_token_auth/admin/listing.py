"""The list of tokens. It is fast with a million rows, and refuses to search for a key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.views.main import ERROR_FLAG
from django.db import DatabaseError
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from ..base_models import AbstractToken
from ..conf import get_settings
from ..leaks.scanning import contains_key
from ..rows.database_text import is_about_text
from ..rows.pickling import KEY_COLUMNS
from .bases import AdminMixin
from .filters import LastUseFilter, LifetimeFilter, ScopeFilter, UserFilter
from .labels import state
from .pagination import BoundedPaginator
from .searching import search

__all__ = ["ListMixin"]

# Filters such as ``?digest__gt=…`` would reveal these secret columns bit by bit.
_SECRET_COLUMNS = frozenset({*KEY_COLUMNS, "user_stamp"})


def _short_date(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    return date_format(local, "SHORT_DATE_FORMAT")


class ListMixin(AdminMixin):
    list_display = ("id", "user", "kind", "token", "state", "expires", "last_used")
    list_filter = ("kind", LifetimeFilter, LastUseFilter, UserFilter, ScopeFilter)
    # List the newest first. Every table has an index of its primary key.
    ordering = ("-pk",)
    sortable_by = ("id", "user", "expires")
    # Both features would count the whole table.
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = BoundedPaginator
    change_list_template = "admin/drf_token_auth/list.html"
    # The search does not use these fields. Django's checks and autocomplete fields require them.
    search_fields = ("hint", "name")
    search_help_text = _("An id, a user name, a hint, or a part of a token's name. Never a key.")

    @admin.display(description=_("token"))
    def token(self, obj: AbstractToken) -> str:
        return f"{obj.name} ({obj.hint}…)" if obj.name else f"{obj.hint}…"

    # Show dates without times. With times, eight columns do not fit a screen of 1280 pixels.
    @admin.display(description=_("expires"), ordering="expires_at")
    def expires(self, obj: AbstractToken) -> str | None:
        return _short_date(obj.expires_at)

    @admin.display(description=_("last used"))
    def last_used(self, obj: AbstractToken) -> str | None:
        return _short_date(obj.last_used_at)

    @admin.display(description=_("state"))
    def state(self, obj: AbstractToken) -> Any:
        return state(obj)

    def get_queryset(self, request: Any) -> Any:
        # str(token) names the user, but only if the user is loaded.
        return super().get_queryset(request).select_related("user")

    def get_list_display(self, request: Any) -> Any:
        columns = super().get_list_display(request)
        if get_settings().LAST_USED_INTERVAL is not None:
            return columns
        # The project does not record uses, so "never used" could be wrong.
        return [name for name in columns if name != "last_used"]

    def get_changelist_formset(self, request: Any, **kwargs: Any) -> Any:
        """Let staff edit in the list only the columns that they can edit on a token's page."""
        formset: Any = super().get_changelist_formset(request, **kwargs)
        for name in self.get_readonly_fields(request, self.model()):
            formset.form.base_fields.pop(name, None)
        return formset

    def get_search_results(self, request: Any, queryset: Any, search_term: str) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        if contains_key(search_term):
            return queryset.none(), False
        return search(queryset, search_term), False

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        if lookup.partition("__")[0] in _SECRET_COLUMNS:
            return False
        return super().lookup_allowed(lookup, value, request)

    def changelist_view(self, request: Any, extra_context: Any = None) -> HttpResponse:
        if contains_key(request.GET.get("q", "")):
            # Redirect, because the list and its links would contain the key.
            text = _(
                "That was a key. It was not searched, but it is in the log of your web server now. "
                "Find its token by “Find by key”, and revoke it."
            )
            messages.error(request, text)
            return HttpResponseRedirect(request.path)
        try:
            return super().changelist_view(request, extra_context)
        except (DatabaseError, OverflowError) as error:
            if isinstance(error, DatabaseError) and not is_about_text(error):
                raise
            # The URL has a text or a number that no row can have. Django also answers a wrong
            # filter with this redirect.
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")
