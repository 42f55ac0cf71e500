"""Pages for projects in which each user has one API key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import operations
from ...base_models import AbstractToken, Kind
from ...exceptions import TokenLimitReached
from ...rows.locking import locking_transaction
from ..forms import NewKeyForm
from ..rows import TokenRow, row_of
from .base import PageView
from .confirmed import ConfirmedView, LoggedOutMeanwhile
from .revoke import RevokeView

__all__ = ["OneKeyNewView", "OneKeyRevokeView", "OneKeyView"]


class OneKeyPage(PageView):
    """The base of these pages. The user's personal token with the name ``key_name`` has the key."""

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

    def show_form(self) -> HttpResponse:
        return self.render_form(self.get_form())

    def submit_form(self) -> HttpResponse:
        form = self.get_form(self.request.POST)
        if not form.is_valid():
            return self.render_form(form)
        refusal = self.confirm(form)
        if refusal is not None:
            return refusal
        try:
            return self.render_key(self.replace())
        except TokenLimitReached:
            form.add_error(None, _("You have as many API tokens as you may."))
            return self.render_form(form)
        except LoggedOutMeanwhile:
            return self.to_login()

    def replace(self) -> AbstractToken:
        with locking_transaction(using=self.database):
            return operations.replace(
                self.lock_user(),
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

    def done_message(self, count: int) -> str:
        return _("The API key is deleted.")
