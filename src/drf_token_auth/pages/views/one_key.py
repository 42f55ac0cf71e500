"""Pages for projects in which each user has one API key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from ... import operations
from ...base_models import AbstractToken, Kind
from ..forms import NewKeyForm
from ..rows import TokenRow, row_of
from .base import PageView
from .confirmed import ConfirmedView
from .revoke import RevokeView

__all__ = ["OneKeyNewView", "OneKeyRevokeView", "OneKeyView"]


class OneKeyPage(PageView):
    """The base of the pages for one API key.

    The user's API key is the key of their personal token with the name ``key_name``.
    """

    kind = Kind.PERSONAL
    key_name = "API key"
    title = gettext_lazy("API key")
    tokens_label = gettext_lazy("API key")

    def get_queryset(self) -> Any:
        tokens = self.tokens_of(self.kind).filter(name=self.key_name)
        return tokens.order_by("-created_at", "-pk")

    def row(self, token: AbstractToken) -> TokenRow:
        url, revoke_url = self.page_url("tokens"), self.page_url("tokens-revoke")
        return row_of(token, is_current=False, url=url, revoke_url=revoke_url)

    def current_row(self) -> TokenRow | None:
        token = self.get_queryset().first()
        return None if token is None else self.row(token)


class OneKeyView(OneKeyPage):
    """Show whether there is a key, when it was made, and when it was last used."""

    template_name = "drf_token_auth/pages/one_key.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render(
            row=self.current_row(),
            may_make=self.may_make_token(),
            new_url=self.page_url("token-new"),
        )


class OneKeyNewView(ConfirmedView, OneKeyPage):
    """Make the key, or replace it with a new one."""

    template_name = "drf_token_auth/pages/one_key_new.html"
    form_class = NewKeyForm

    def get_ttl(self) -> timedelta | Any | None:
        """Hook: return the lifetime of the key. The default is ``PERSONAL_TTL``."""
        return operations.DEFAULT

    def get_scopes(self) -> list[str] | None:
        """Hook: return the scopes of the key, or None for everything that the user may do."""
        return None

    def make_key(self, user: Any, form: Any) -> AbstractToken:
        return operations.replace(
            user,
            name=self.key_name,
            kind=self.kind,
            scopes=self.get_scopes(),
            ttl=self.get_ttl(),
            request=self.request,
            actor=self.request.user,
        )

    def get_form(self, data: Any = None) -> Any:
        row = self.current_row()
        hint = "" if row is None else row.hint
        return self.form_class(data, hint=hint, asks_password=self.asks_password)

    def render_form(self, form: Any, *, status: int = 200) -> HttpResponse:
        return self.render(status=status, form=form, row=self.current_row())


class OneKeyRevokeView(OneKeyPage, RevokeView):
    title = gettext_lazy("Delete the API key")
    button = gettext_lazy("Delete the key")
    empty_message = gettext_lazy("You have no API key.")
    nothing_message = gettext_lazy("The API key is deleted.")

    def done_message(self, count: int) -> str:
        return str(self.nothing_message)
