"""The admin of tokens: no key and no digest anywhere; adding one shows its key once.

The behaviour is :class:`TokenAdminMixin`, for an admin of another base class or model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import actions
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .. import operations
from ..base_models import AbstractToken
from ..exceptions import TokenLimitReached, UnknownScopes
from ..models import Token
from ..scopes import encode_scopes

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[AbstractToken]
    _ModelForm = forms.ModelForm[AbstractToken]
    _Mixin = _ModelAdmin
else:
    _Mixin = object
    _ModelAdmin = admin.ModelAdmin
    _ModelForm = forms.ModelForm

__all__ = ["TokenAdmin", "TokenAdminMixin", "TokenForm"]


class TokenForm(_ModelForm):
    def clean_scopes(self) -> str | None:
        try:
            return encode_scopes(self.cleaned_data.get("scopes") or None)
        except UnknownScopes as error:
            raise ValidationError(str(error), code=error.code) from error


class TokenAdminMixin(_Mixin):
    form = TokenForm
    list_display = (
        *("id", "hint", "user", "kind", "name"),
        *("created_at", "expires_at", "last_used_at"),
    )
    list_filter = ("kind", "created_at", "expires_at")
    list_select_related = ("user",)
    raw_id_fields = ("user",)
    ordering = ("-created_at", "-pk")
    actions = ("delete_selected",)
    key_template = "admin/drf_token_auth/key.html"
    # Written once. Afterwards the name is all that can be changed.
    add_fields = ("user", "kind", "name", "scopes", "expires_at")
    shown_fields = (
        *("id", "hint", "user", "kind", "scopes", "created_at", "expires_at"),
        *("last_used_at", "idle_timeout", "renewable_until"),
    )

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        return self.add_fields if obj is None else ("name", *self.shown_fields)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return () if obj is None else self.shown_fields

    def get_search_fields(self, request: Any) -> Any:
        return ("hint", "name", f"user__{get_user_model().USERNAME_FIELD}")

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """Not by what is shown nowhere: each answer to ``?digest__gt=…`` would tell a bit of it."""
        if lookup.partition("__")[0] in {"digest", "previous_digest", "user_stamp"}:
            return False
        return super().lookup_allowed(lookup, value, request)

    # Under this name it takes the place of the admin's own, whose page asks before it deletes.
    @admin.action(permissions=["delete"], description=_("Revoke selected tokens"))
    def delete_selected(self, request: Any, queryset: Any) -> Any:
        return actions.delete_selected(cast("Any", self), request, queryset)

    def add_view(self, request: Any, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        try:
            return super().add_view(request, form_url, extra_context)
        except TokenLimitReached as error:
            text = _("The user already has %(limit)s tokens of this kind.")
            messages.error(request, text % {"limit": error.limit})
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: Any, obj: AbstractToken, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=["name"])
        else:
            obj.origin = (request.user, request)
            operations.insert(obj)

    def response_add(self, request: Any, obj: AbstractToken, *args: Any) -> HttpResponse:
        """The key, on a page that nothing stores: a message would put it into a cookie."""
        opts = obj._meta
        done_url = reverse(
            f"admin:{opts.app_label}_{opts.model_name}_changelist",
            current_app=self.admin_site.name,
        )
        is_popup = IS_POPUP_VAR in request.POST
        context = {
            **self.admin_site.each_context(request),
            "opts": opts,
            "title": _("The new token"),
            "key": obj.key,
            "is_popup": is_popup,
            # There the new token can be chosen.
            "done_url": f"{done_url}?{IS_POPUP_VAR}=1" if is_popup else done_url,
        }
        headers = {"Cache-Control": "no-store"}
        return TemplateResponse(request, self.key_template, context, headers=headers)

    def delete_model(self, request: Any, obj: AbstractToken) -> None:
        operations.revoke(obj, reason="admin", actor=request.user, request=request)

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        queryset.revoke(reason="admin", actor=request.user, request=request)


class TokenAdmin(TokenAdminMixin, _ModelAdmin):
    pass


# A project with a token model of its own registers it, with whatever it adds.
if not Token._meta.swapped:
    admin.site.register(Token, TokenAdmin)
