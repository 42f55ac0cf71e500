"""The page that gives an API token a new key. The name, the scopes and the expiry stay."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy

from ... import operations
from ...base_models import AbstractToken
from ...conf import get_settings
from ...exceptions import Refused
from ...rows.locking import locking_transaction
from ..durations import in_words
from ..forms import NewKeyForm
from .confirmed import ConfirmedView, LoggedOutMeanwhile

__all__ = ["TokenNewKeyView"]


class TokenNewKeyView(ConfirmedView):
    template_name = "drf_token_auth/pages/token_new_key.html"
    title = gettext_lazy("New key")
    form_class = NewKeyForm

    def show_form(self) -> HttpResponse:
        token = self.get_token()
        return self.render_form(self.get_form(token))

    def submit_form(self) -> HttpResponse:
        token = self.get_token()
        form = self.get_form(token, self.request.POST)
        if not form.is_valid():
            return self.render_form(form)
        refusal = self.confirm(form)
        if refusal is not None:
            return refusal
        try:
            return self.render_key(self.rotate(token))
        except Refused as error:
            raise Http404 from error
        except LoggedOutMeanwhile:
            return self.to_login()

    def rotate(self, token: AbstractToken) -> AbstractToken:
        with locking_transaction(using=self.database):
            self.lock_user()
            return operations.rotate(token, request=self.request, actor=self.request.user)

    def get_form(self, token: AbstractToken, data: Any = None) -> Any:
        return self.form_class(data, hint=token.hint, asks_password=self.asks_password)

    def render_form(self, form: Any, *, status: int = 200) -> HttpResponse:
        grace = get_settings().ROTATION_GRACE
        return self.render(
            status=status,
            form=form,
            row=self.row(self.get_token()),
            asks_password=self.asks_password,
            grace=in_words(grace) if grace else None,
        )
