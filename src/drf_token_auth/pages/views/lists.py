"""Pages that list devices and API tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, F, Q, Subquery
from django.db.models.functions import Coalesce, Lower
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from ... import get_token_model
from ...base_models import Kind, clean_name
from ...conf import get_settings
from ...contrib.session_tokens import tied_id
from ...leaks.scanning import contains_key
from ...rows.database_text import storable
from ..rows import TokenRow
from .base import LIST_OF, PageView

__all__ = ["DeviceListView", "TokenListView"]


@dataclass(frozen=True)
class Column:
    """The heading of a column.

    ``direction`` is its ``aria-sort``, or empty if another column sorts the list.
    """

    name: str
    label: Any
    url: str
    direction: str


def _count_of(tokens: Any) -> Any:
    """Return an expression that counts these tokens. All of them must have the same kind."""
    counts = tokens.order_by().values("kind").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counts), 0)


def _search(tokens: Any, words: str) -> Any:
    if not words:
        return tokens
    words = storable(tokens, words)
    found = Q(name__icontains=words) | Q(hint__startswith=words)
    return tokens.filter(found) if words else tokens.none()


class ListView(PageView):
    """The user's tokens of one kind, a page at a time."""

    paginate_by = 25
    # How many expired tokens the page shows. It shows those that expired last.
    most_expired = 10

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if contains_key(request.GET.get("q", "")):
            return self.refuse_key()
        words = clean_name(request.GET.get("q", ""))
        columns = self.shown_columns()
        sort = request.GET.get("sort", "")
        if sort not in columns:
            sort = "used" if "used" in columns else "created"
        [other_kind] = set(LIST_OF) - {self.kind}
        others = self.tokens_of(other_kind)
        tokens = self.get_queryset().order_by(columns[sort][1], "-pk")
        # Let each row also have the number of tokens in the other list. This saves a query.
        tokens = tokens.annotate(other_count=_count_of(others))
        page = Paginator(_search(tokens, words), self.paginate_by).get_page(request.GET.get("page"))
        found = list(page)
        total = self.get_queryset().count() if words else page.paginator.count
        query = {"q": words} if words else {}
        return self.render(
            page_obj=page,
            rows=[self.row(token) for token in found],
            total=total,
            has_search=bool(words) or total > self.paginate_by,
            words=words,
            expired=[] if words else self.expired_rows(),
            sort=sort,
            query=urlencode({"sort": sort, **query}),
            columns=[self.heading(name, columns[name], sort, query) for name in columns],
            other_count=found[0].other_count if found else others.count(),
            other_url=self.page_url(LIST_OF[other_kind]),
            has_current=tied_id(request.session) is not None,
            revoke_url=self.page_url(f"{LIST_OF[self.kind]}-revoke"),
        )

    def refuse_key(self) -> HttpResponse:
        """Redirect, because the page and its links would contain the key."""
        text = _(
            "That was a key. It is now in the history of your browser and in the log of the "
            "server. Revoke its token, or give it a new key."
        )
        messages.error(self.request, text, fail_silently=True)
        return HttpResponseRedirect(self.request.path)

    def expired_rows(self) -> list[TokenRow]:
        """Return the tokens that expired last and are not purged yet.

        If a script has stopped working, its user looks for the token here.
        """
        tokens: Any = get_token_model()._default_manager.using(self.database)
        mine = tokens.expired().filter(user=self.request.user, kind=self.kind)
        latest = mine.order_by("-expires_at", "-pk")[: self.most_expired]
        return [self.row(token) for token in latest]

    def shown_columns(self) -> dict[str, tuple[Any, Any, str]]:
        """Return the columns by which the list can be sorted.

        Leave out the last use if the project does not record uses.

        :returns: a dict of names to the label, the ``ORDER BY`` and the ``aria-sort``.
        """
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

    def heading(
        self, name: str, column: tuple[Any, Any, str], sort: str, query: dict[str, str]
    ) -> Column:
        label, _order, direction = column
        url = f"?{urlencode({'sort': name, **query})}"
        return Column(name, label, url, direction if name == sort else "")


class DeviceListView(ListView):
    kind = Kind.LOGIN
    title = _("Devices")
    template_name = "drf_token_auth/pages/devices.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(browsers_url=self.get_browsers_url(), **context)

    def get_browsers_url(self) -> str | None:
        """Hook: return the URL of a page of logged-in web browsers, or None. Default: allauth's."""
        try:
            return reverse("usersessions_list")
        except NoReverseMatch:
            return None


class TokenListView(ListView):
    kind = Kind.PERSONAL
    title = _("API tokens")
    template_name = "drf_token_auth/pages/tokens.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        conf = get_settings()
        limit = conf.MAX_TOKENS_PER_USER
        is_full = limit is not None and context["total"] >= limit
        return super().get_context_data(
            limit=limit,
            is_full=is_full and conf.WHEN_FULL == "reject",
            may_make=self.may_make_token(),
            new_url=self.page_url("token-new"),
            shows_scopes=bool(conf.SCOPES),
            **context,
        )
