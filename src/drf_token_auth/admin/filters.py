"""Filters for the list of tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..conf import get_settings
from ..fields import has_scope
from ..rows import expiry
from ..rows.locking import user_model

__all__ = ["LastUseFilter", "LifetimeFilter", "ScopeFilter", "UserFilter"]

EVERYTHING = "-"


class LifetimeFilter(admin.SimpleListFilter):
    """Filter by expiry. Django's own filter for dates offers no dates in the future."""

    title = _("lifetime")
    parameter_name = "lifetime"

    def lookups(self, request: Any, model_admin: Any) -> Any:
        return [
            ("usable", _("has not expired")),
            ("soon", _("expires within 7 days")),
            ("never", _("never expires")),
            ("expired", _("has expired")),
        ]

    def queryset(self, request: Any, queryset: Any) -> Any:
        now = timezone.now()
        conditions = {
            "usable": expiry.not_expired(now),
            "soon": Q(expires_at__gt=now, expires_at__lte=now + timedelta(days=7)),
            "never": Q(expires_at__isnull=True),
            "expired": expiry.expired(now),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


class LastUseFilter(admin.SimpleListFilter):
    """Filter by last use. Offered only if the project records when tokens are used."""

    title = _("last use")
    parameter_name = "unused"

    def lookups(self, request: Any, model_admin: Any) -> Any:
        if get_settings().LAST_USED_INTERVAL is None:
            return []
        return [
            ("never", _("never used")),
            ("30", _("not used for 30 days")),
            ("90", _("not used for 90 days")),
            ("180", _("not used for 180 days")),
        ]

    def queryset(self, request: Any, queryset: Any) -> Any:
        if self.value() == "never":
            return queryset.filter(last_used_at__isnull=True)
        if self.value() in {"30", "90", "180"}:
            since = timezone.now() - timedelta(days=int(str(self.value())))
            return queryset.filter(expiry.unused_since(since))
        return queryset


class UserFilter(admin.SimpleListFilter):
    """Filter by the state of the user. Leave out a state if the user model lacks its column."""

    title = _("user")
    parameter_name = "user_state"
    states = (
        ("active", _("active"), "is_active", True),
        ("inactive", _("inactive"), "is_active", False),
        ("staff", _("staff"), "is_staff", True),
        ("superuser", _("superuser"), "is_superuser", True),
    )

    def lookups(self, request: Any, model_admin: Any) -> Any:
        columns = {field.name for field in user_model(model_admin.model)._meta.concrete_fields}
        offered = [(name, text) for name, text, column, _wanted in self.states if column in columns]
        return [("me", _("me")), *offered]

    def queryset(self, request: Any, queryset: Any) -> Any:
        if self.value() == "me":
            return queryset.filter(user=request.user.pk)
        offered = dict(self.lookup_choices)
        for name, _text, column, wanted in self.states:
            if name == self.value() and name in offered:
                return queryset.filter(**{f"user__{column}": wanted})
        return queryset


class ScopeFilter(admin.SimpleListFilter):
    """Filter by scope. Offered only if the project declares scopes."""

    title = _("scope")
    parameter_name = "scope"

    def lookups(self, request: Any, model_admin: Any) -> Any:
        declared = get_settings().SCOPES
        if not declared:
            return []
        return [(EVERYTHING, _("everything")), *((name, name) for name in declared)]

    def queryset(self, request: Any, queryset: Any) -> Any:
        value = self.value() or ""
        if value == EVERYTHING:
            return queryset.filter(scopes__isnull=True)
        if value not in get_settings().SCOPES:
            return queryset
        return queryset.filter(has_scope(value))
