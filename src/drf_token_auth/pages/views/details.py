"""Pages with the details of one device or API token, and a form for its name."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from ...base_models import Kind
from ...operations.renaming import rename
from ..forms import NameForm
from .base import PageView

__all__ = ["DeviceView", "TokenView"]


class DetailView(PageView):
    template_name = "drf_token_auth/pages/token.html"
    form_class = NameForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        token = self.get_token()
        return self.show(token, self.form_class(initial={"name": token.name}))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        token = self.get_token()
        form = self.form_class(request.POST, taken=self.names_taken(token))
        if not form.is_valid():
            return self.show(token, form)
        if not rename(token, form.cleaned_data["name"]):
            raise Http404
        return self.done(_("The new name is “%(name)s”.") % {"name": token.name})

    def names_taken(self, token: Any) -> Any:
        """Return the tokens whose names this token must not have, or None if any name will do."""
        return None

    def show(self, token: Any, form: Any) -> HttpResponse:
        row = self.row(token)
        context = {"row": row, "form": form, "title": row.label}
        if token.kind == Kind.PERSONAL:
            context["new_key_url"] = self.page_url("token-new-key", token.pk)
        return self.render(**context)


class DeviceView(DetailView):
    kind = Kind.LOGIN


class TokenView(DetailView):
    kind = Kind.PERSONAL

    def names_taken(self, token: Any) -> Any:
        return self.get_queryset().exclude(pk=token.pk)
