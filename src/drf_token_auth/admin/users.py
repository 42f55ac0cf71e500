"""Show and revoke a user's tokens in the project's own user admin."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.models import DELETION
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .. import get_token_model
from ..managers import all_rows
from .audit import write_log
from .bases import AdminMixin
from .revoking import revoke_each_user

__all__ = ["UserTokensMixin"]


class UserTokensMixin(AdminMixin):
    """Add a link to the user's tokens, and an action that revokes all of them."""

    actions = ("revoke_all_tokens",)
    # The most users, and the most tokens, in one request. The command revoke_tokens has no limit.
    max_revoked = 1000

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "api_tokens")

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not self._may(request, "view"):
            return fieldsets
        return (*fieldsets, (_("API tokens"), {"fields": ("api_tokens",)}))

    @admin.display(description=gettext_lazy("API tokens"))
    def api_tokens(self, obj: Any) -> Any:
        """Return how many usable tokens the user has, as a link to their list."""
        model = get_token_model()
        count = all_rows(model, obj._state.db or "default").usable().filter(user=obj).count()
        text = ngettext("%(count)d usable token", "%(count)d usable tokens", count)
        text %= {"count": count}
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        try:
            url = reverse(name, current_app=self.admin_site.name)
        except NoReverseMatch:
            # This admin site has no admin of tokens.
            return text
        return format_html('<a href="{}?{}">{}</a>', url, urlencode({"user__exact": obj.pk}), text)

    @admin.action(
        permissions=["revoke_tokens"], description=gettext_lazy("Revoke all tokens of these users")
    )
    def revoke_all_tokens(self, request: Any, queryset: Any) -> None:
        """Revoke all tokens of these users (OWASP ASVS 7.4.5).

        If there are more than ``max_revoked`` users or tokens, show an error and revoke none.
        """
        model = get_token_model()
        users = list(queryset.values_list("pk", flat=True)[: self.max_revoked + 1])
        tokens: Any = model._default_manager.filter(user__in=users)
        found = list(tokens.select_related("user")[: self.max_revoked + 1])
        if max(len(users), len(found)) > self.max_revoked:
            text = _(
                "There are more than %(limit)s users or tokens. Use “manage.py revoke_tokens”."
            )
            messages.error(request, text % {"limit": self.max_revoked})
            return
        write_log(request, found, DELETION)
        count = revoke_each_user(request, tokens.filter(pk__in=[one.pk for one in found]))
        text = ngettext("%(count)d token was revoked.", "%(count)d tokens were revoked.", count)
        messages.success(request, text % {"count": count})

    def has_revoke_tokens_permission(self, request: Any) -> bool:
        """Return whether the staff member has the permission to delete tokens."""
        return self._may(request, "delete")

    def _may(self, request: Any, act: str) -> bool:
        opts = get_token_model()._meta
        return bool(request.user.has_perm(f"{opts.app_label}.{act}_{opts.model_name}"))
