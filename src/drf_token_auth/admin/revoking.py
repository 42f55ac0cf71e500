"""Revoke one token or all selected tokens in the admin."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.db import router
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .. import operations
from ..base_models import AbstractToken
from ..rows.locking import locking_transaction
from .audit import write_log
from .bases import AdminMixin
from .labels import label, state

__all__ = ["RevokeMixin", "revoke_each_user"]


def revoke_each_user(request: Any, tokens: Any) -> int:
    """Revoke the tokens in one short transaction per user. Return how many were usable.

    One transaction for all users would lock many rows, and the logins of these users would wait.
    """
    ids_of_user: dict[Any, list[Any]] = defaultdict(list)
    for pk, user_pk in tokens.values_list("pk", "user_id"):
        ids_of_user[user_pk].append(pk)
    rows = tokens.model._default_manager.using(tokens.db)
    return sum(
        rows.filter(pk__in=ids).revoke(reason="admin", actor=request.user, request=request)
        for ids in ids_of_user.values()
    )


class RevokeMixin(AdminMixin):
    actions = ("delete_selected",)
    # The most tokens that one request may revoke. The command revoke_tokens has no limit.
    max_selected = 1000
    revoke_template = "admin/drf_token_auth/revoke_selected.html"

    # This name replaces Django's own action, which loads every row, and says "delete" instead of
    # "revoke".
    @admin.action(permissions=["delete"], description=gettext_lazy("Revoke selected tokens"))
    def delete_selected(self, request: Any, queryset: Any) -> Any:
        """Show the selected tokens, and revoke them after the staff member has confirmed it."""
        found = list(queryset[: self.max_selected + 1])
        if len(found) > self.max_selected:
            text = _("You selected more than %(limit)s tokens. Use “manage.py revoke_tokens”.")
            messages.error(request, text % {"limit": self.max_selected})
            return None
        if request.POST.get("post"):
            self.log_deletions(request, found)
            count = revoke_each_user(request, queryset.filter(pk__in=[one.pk for one in found]))
            text = ngettext("%(count)d token was revoked.", "%(count)d tokens were revoked.", count)
            messages.success(request, text % {"count": count})
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Revoke selected tokens"),
            "opts": self.opts,
            "media": self.media,
            "tokens": [(token.pk, label(token), state(token)) for token in found],
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.revoke_template, context)

    def delete_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.method != "POST":
            return super().delete_view(request, *args, **kwargs)
        # In an isolation level above READ COMMITTED, Django's own transaction could fail after it
        # waited for a lock.
        with locking_transaction(using=router.db_for_write(self.model)):
            return super().delete_view(request, *args, **kwargs)

    def delete_model(self, request: Any, obj: AbstractToken) -> None:
        operations.revoke(obj, reason="admin", actor=request.user, request=request)

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        revoke_each_user(request, queryset)

    def log_addition(self, request: Any, obj: Any, message: Any) -> Any:
        return write_log(request, [obj], ADDITION, message)[0]

    def log_change(self, request: Any, obj: Any, message: Any) -> Any:
        return write_log(request, [obj], CHANGE, message)[0]

    def log_deletions(self, request: Any, queryset: Any) -> Any:
        return write_log(request, queryset, DELETION)
