"""The page that gives an API token a new key. The name, the scopes and the expiry stay."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy

from ... import operations
from ...base_models import AbstractToken
from ...conf import get_settings
from ...exceptions import Refused
from ..durations import in_words
from ..forms import NewKeyForm
from .confirmed import ConfirmedView

__all__ = ["TokenNewKeyView"]


class TokenNewKeyView(ConfirmedView):
    template_name = "drf_token_auth/pages/token_new_key.html"
    title = gettext_lazy("New key")
    form_class = NewKeyForm

    def make_key(self, user: Any, form: Any) -> AbstractToken:
        try:
            return operations.rotate(
                self.get_token(), request=self.request, actor=self.request.user
            )
        except Refused as error:
            raise Http404 from error  # The token has just expired, or was just revoked or rotated.

    def get_form(self, data: Any = None) -> Any:
        hint = self.get_token().hint
        return self.form_class(data, hint=hint, asks_password=self.asks_password)

    def render_form(self, form: Any, *, status: int = 200) -> HttpResponse:
        grace = get_settings().ROTATION_GRACE
        return self.render(
            status=status,
            form=form,
            row=self.row(self.get_token()),
            grace=in_words(grace) if grace else None,
        )
