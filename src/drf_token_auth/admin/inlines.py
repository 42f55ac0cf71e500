"""List, rename and revoke tokens on the page of another model, such as the user.

No inline makes tokens. A page with inlines answers a save with a redirect, so nobody would ever see
the keys of the new tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from .. import operations
from ..base_models import AbstractToken
from .forms import TokenForm
from .labels import state

if TYPE_CHECKING:
    _Mixin = InlineModelAdmin[Any, Any]
    _FormSet = BaseInlineFormSet[Any, Any, Any]
else:
    _Mixin = object
    _FormSet = BaseInlineFormSet

__all__ = ["TokenInlineMixin", "guard_inlines"]


class TokenFormSetMixin(_FormSet):
    request: Any

    def clean(self) -> None:
        super().clean()
        if any(form.has_changed() for form in self.extra_forms):
            text = _("A token cannot be made on this page, because it cannot show the key.")
            raise ValidationError(text, code="no_add")

    def delete_existing(self, obj: AbstractToken, commit: bool = True) -> None:
        if commit:
            request = self.request
            operations.revoke(obj, reason="admin", actor=request.user, request=request)


def _guarded(formset: Any, request: Any) -> Any:
    return type(formset.__name__, (TokenFormSetMixin, formset), {"request": request})


class TokenInlineMixin(_Mixin):
    """Mixin for ``class TokenInline(TokenInlineMixin, admin.TabularInline): model = Token``."""

    form = TokenForm
    extra = 0
    fields = ("name", "kind", "state", "expires_at", "last_used_at")
    readonly_fields = ("kind", "state", "expires_at", "last_used_at")
    ordering = ("-pk",)
    show_change_link = True

    @admin.display(description=_("state"))
    def state(self, obj: AbstractToken) -> Any:
        return state(obj)

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("user")

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False


def guard_inlines() -> None:
    """Make every inline of tokens safe, even one that a project wrote as a plain inline.

    A plain inline would make tokens and never show their keys. It would also revoke tokens without
    a reason and an actor. In Django, a model cannot change how an inline saves and deletes its
    rows. So this function wraps one method of Django's class.
    """
    original = InlineModelAdmin.get_formset

    def get_formset(self: Any, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        if issubclass(self.model, AbstractToken):
            kwargs["formset"] = _guarded(kwargs.get("formset", self.formset), request)
            kwargs.update(extra=0, max_num=0)
        return original(self, request, obj, **kwargs)

    InlineModelAdmin.get_formset = get_formset  # type: ignore[method-assign]
