"""Make a token in the admin, and show its key once."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.options import IS_POPUP_VAR
from django.db import DatabaseError, router
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from .. import keys, operations
from ..base_models import AbstractToken, Kind
from ..conf import get_settings
from ..exceptions import Refused, TokenLimitReached
from ..fields import auto_now_columns
from ..managers import all_rows
from ..pages.step_up import can_confirm_password, is_fresh
from ..rows.locking import locking_transaction, user_model
from .bases import AdminMixin
from .forms import TokenAddForm, TokenForm
from .rights import may_act_as

__all__ = ["AddMixin"]


class AddMixin(AdminMixin):
    form = TokenForm
    add_form = TokenAddForm
    key_template = "admin/drf_token_auth/key.html"
    raw_id_fields = ("user",)
    add_fields = ("user", "kind", "name", "full_access", "scopes", "expires_at")
    # The read-only fields on the page of an existing token. Only the name can be changed there.
    shown_fields = (
        *("id", "hint", "user", "kind", "scopes", "created_at", "expires_at"),
        *("last_used_at", "idle_timeout", "renewable_until"),
    )

    def may_issue_for(self, request: Any, user: Any) -> bool:
        """Hook: return whether the logged-in staff member may make a token for this user."""
        return may_act_as(request.user, user)

    def has_import_permission(self, request: Any) -> bool:
        """Refuse imports with django-import-export.

        By default, that package lets all staff import. With a file, staff members could give their
        own token to a user with more rights, and then use its key.
        """
        return False

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        if obj is not None:
            return ("name", *self.shown_fields)
        fields = [*self.add_fields]
        if not get_settings().SCOPES:
            fields = [name for name in fields if name != "full_access"]
        if not is_fresh(request) and can_confirm_password(request):
            fields.append("password")
        return fields

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return () if obj is None else self.shown_fields

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if change:
            return super().get_form(request, obj, change, **kwargs)
        form: Any = super().get_form(request, obj, change, **{"form": self.add_form, **kwargs})
        attributes = {"request": request, "may_issue_for": staticmethod(self.may_issue_for)}
        return type(form.__name__, (form,), attributes)

    def get_autocomplete_fields(self, request: Any) -> Any:
        """Add ``user`` if this admin site can search users. If not, ``raw_id_fields`` applies.

        Django's checks refuse ``user`` in the attribute ``autocomplete_fields`` if the user model
        has no admin, or an admin without ``search_fields``.
        """
        fields = super().get_autocomplete_fields(request)
        users: Any = self.admin_site._registry.get(user_model(self.model))
        can_search = users is not None and users.get_search_fields(request)
        if can_search and users.has_view_permission(request):
            return (*fields, "user")
        return fields

    def get_changeform_initial_data(self, request: Any) -> dict[str, Any]:
        ttl = get_settings().PERSONAL_TTL
        expires_at = None if ttl is None else timezone.now() + ttl
        initial: dict[str, Any] = {"kind": Kind.PERSONAL, "expires_at": expires_at}
        return {**initial, **super().get_changeform_initial_data(request)}

    @method_decorator(sensitive_post_parameters("password"))
    def add_view(self, request: Any, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        # Hide these buttons: after the save, staff see the key and not another form.
        buttons = {"show_save_and_add_another": False, "show_save_and_continue": False}
        extra_context = {**buttons, **(extra_context or {})}
        try:
            return super().add_view(request, form_url, extra_context)
        except TokenLimitReached as error:
            # The form cannot check the limit, because it does not lock the user's row. Show the
            # form again with this error.
            text = _("The user already has %(limit)s tokens of this kind.")
            request.token_refused = text % {"limit": error.limit}
        except Refused:
            request.token_refused = _("The user was changed meanwhile. Please try again.")
        return super().add_view(request, form_url, extra_context)

    def changeform_view(self, request: Any, object_id: Any = None, *args: Any, **kw: Any) -> Any:
        if request.method != "POST":
            return super().changeform_view(request, object_id, *args, **kw)
        using = router.db_for_write(self.model)
        try:
            # In an isolation level above READ COMMITTED, Django's own transaction could fail after
            # it waited for a lock.
            with locking_transaction(using=using):
                return super().changeform_view(request, object_id, *args, **kw)
        except DatabaseError:
            if object_id is None or all_rows(self.model, using).filter(pk=object_id).exists():
                raise
            # The token was revoked meanwhile. Django answers that it does not exist.
            return super().changeform_view(request, object_id, *args, **kw)

    def save_model(self, request: Any, obj: AbstractToken, form: Any, change: bool) -> None:
        if not change:
            obj.origin = (request.user, request)
            operations.insert(obj)
            return
        # Django would write every column, also columns that a request has just updated.
        columns = {field.name for field in obj._meta.concrete_fields if not field.primary_key}
        changed = columns.intersection(form.cleaned_data)
        obj.save(update_fields=[*changed, *auto_now_columns(type(obj))])

    def response_add(self, request: Any, obj: AbstractToken, *args: Any) -> HttpResponse:
        """Show the key in the answer to the POST. A message with the key could be in a cookie."""
        opts = obj._meta
        page = f"{opts.app_label}_{opts.model_name}_changelist"
        if not self.has_view_or_change_permission(request):
            page = "index"  # These staff members can make tokens, but not list them.
        done_url = reverse(f"admin:{page}", current_app=self.admin_site.name)
        is_popup = IS_POPUP_VAR in request.POST
        context = {
            **self.admin_site.each_context(request),
            "opts": opts,
            "title": _("The new token"),
            "key": keys.hidden(obj.key),
            "token": obj,
            "is_popup": is_popup,
            # In a popup, lead to the list where the new token can be chosen.
            "done_url": f"{done_url}?{IS_POPUP_VAR}=1" if is_popup else done_url,
        }
        headers = {"Cache-Control": "private, no-store"}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.key_template, context, headers=headers)
