"""Find a token by its key, for an operator without a shell."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from .. import keys, lookup
from ..base_models import AbstractToken
from ..exceptions import Refused
from .bases import AdminMixin
from .forms import FindByKeyForm
from .labels import label, state

__all__ = ["FindMixin"]


class FindMixin(AdminMixin):
    find_template = "admin/drf_token_auth/find.html"

    def get_urls(self) -> Any:
        name = f"{self.opts.app_label}_{self.opts.model_name}_find"
        view = self.admin_site.admin_view(self.find_view)
        return [path("find/", view, name=name), *super().get_urls()]

    @method_decorator(sensitive_post_parameters("key"))
    @method_decorator(sensitive_variables("key", "form"))
    def find_view(self, request: Any) -> HttpResponse:
        """Show which token a key belongs to. Only the body of a POST may contain the key.

        :raises PermissionDenied: the staff member may neither view nor change tokens.
        """
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        form = FindByKeyForm(request.POST if request.method == "POST" else None)
        was_asked = form.is_valid()
        token = self._find(request, form.cleaned_data["key"]) if was_asked else None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Find a token by its key"),
            "opts": self.opts,
            # Use a new form, so that the page does not show the key again.
            "form": FindByKeyForm(),
            "was_asked": was_asked,
            "token": token,
            "label": token and label(token),
            "state": token and state(token),
            "may_revoke": token and self.has_delete_permission(request, token),
        }
        request.current_app = self.admin_site.name
        headers = {"Cache-Control": "private, no-store"}
        return TemplateResponse(request, self.find_template, context, headers=headers)

    @sensitive_variables()
    def _find(self, request: Any, key: str) -> AbstractToken | None:
        # Operators may paste the whole header. The form refuses a text without words.
        words = key.split()
        queryset: Any = self.get_queryset(request)
        try:
            found: AbstractToken = lookup.find(
                self.model, keys.hidden(words[-1]), queryset=queryset
            )
        except Refused:
            return None
        return found
