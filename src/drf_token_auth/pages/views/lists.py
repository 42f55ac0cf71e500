"""Pages that list devices and API tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import F
from django.db.models.functions import Coalesce, Lower
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from ...base_models import Kind
from ...conf import get_settings
from .base import LIST_OF, PageView

__all__ = ["DeviceListView", "TokenListView"]


@dataclass(frozen=True)
class Column:
    """The heading of a column. ``direction`` is the value of aria-sort for the sorted column."""

    name: str
    label: Any
    url: str
    direction: str


class ListView(PageView):
    """The user's tokens of one kind, a page at a time."""

    paginate_by = 25
    # The value of ``sort`` in the URL, the label, the ordering and the value of aria-sort.
    columns: list[tuple[str, Any, Any, str]]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        columns = self.shown_columns()
        sort = request.GET.get("sort", "")
        if sort not in columns:
            sort = "used" if "used" in columns else "created"
        ordered = self.get_queryset().order_by(columns[sort][1], "-pk")
        page = Paginator(ordered, self.paginate_by).get_page(request.GET.get("page"))
        rows = [self.row(token) for token in page]
        [other_kind] = set(LIST_OF) - {self.kind}
        return self.render(
            page_obj=page,
            rows=rows,
            sort=sort,
            columns=[self.head(name, columns[name], sort) for name in columns],
            other_count=self.tokens_of(other_kind).count(),
            other_url=self.page_url(LIST_OF[other_kind]),
            has_current=any(row.is_current for row in rows),
            revoke_url=self.page_url(f"{LIST_OF[self.kind]}-revoke"),
        )

    def shown_columns(self) -> dict[str, tuple[Any, Any, str]]:
        """Return the sortable columns. Leave out the last use if the project does not record it."""
        last_use = Coalesce("last_used_at", "created_at").desc()
        created = _("Logged in") if self.kind == Kind.LOGIN else _("Created")
        columns: dict[str, tuple[Any, Any, str]] = {
            "name": (_("Name"), Lower("name").asc(), "ascending"),
            "created": (created, F("created_at").desc(), "descending"),
            "used": (_("Last used"), last_use, "descending"),
            "expires": (_("Expires"), F("expires_at").asc(nulls_last=True), "ascending"),
        }
        if get_settings().LAST_USED_INTERVAL is None:
            del columns["used"]
        return columns

    def head(self, name: str, column: tuple[Any, Any, str], sort: str) -> Column:
        label, _order, direction = column
        return Column(name, label, f"?sort={name}", direction if name == sort else "")


class DeviceListView(ListView):
    kind = Kind.LOGIN
    title = _("Devices")
    template_name = "drf_token_auth/pages/devices.html"


class TokenListView(ListView):
    kind = Kind.PERSONAL
    title = _("API tokens")
    template_name = "drf_token_auth/pages/tokens.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        conf = get_settings()
        limit = conf.MAX_TOKENS_PER_USER
        is_full = limit is not None and context["page_obj"].paginator.count >= limit
        return super().get_context_data(
            limit=limit,
            is_full=is_full and conf.WHEN_FULL == "reject",
            may_make=self.may_make_token(),
            new_url=self.page_url("token-new"),
            shows_scopes=bool(conf.SCOPES),
            **context,
        )
