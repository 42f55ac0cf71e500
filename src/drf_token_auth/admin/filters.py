"""Filters for the list of tokens. Django's date filter has no dates in the future."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..conf import get_settings
from ..rows import expiry
from ..rows.locking import user_model

__all__ = ["LastUseFilter", "LifetimeFilter", "OwnerFilter", "ScopeFilter"]

EVERYTHING = "-"


class LifetimeFilter(admin.SimpleListFilter):
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
        if self.value() == "usable":
            return queryset.filter(expiry.not_expired(now))
        if self.value() == "soon":
            return queryset.filter(expires_at__gt=now, expires_at__lte=now + timedelta(days=7))
        if self.value() == "never":
            return queryset.filter(expires_at__isnull=True)
        if self.value() == "expired":
            return queryset.filter(expiry.expired(now))
        return queryset


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
            never_used = Q(last_used_at__isnull=True, created_at__lt=since)
            return queryset.filter(Q(last_used_at__lt=since) | never_used)
        return queryset


class OwnerFilter(admin.SimpleListFilter):
    """Filter by the state of the owner. Offers the fields that the user model has."""

    title = _("owner")
    parameter_name = "owner"
    conditions = {
        "active": ("is_active", True),
        "inactive": ("is_active", False),
        "staff": ("is_staff", True),
        "superuser": ("is_superuser", True),
    }

    def lookups(self, request: Any, model_admin: Any) -> Any:
        users = user_model(model_admin.model)
        offered = [
            ("active", _("active")),
            ("inactive", _("inactive")),
            ("staff", _("staff")),
            ("superuser", _("superuser")),
        ]
        return [
            ("me", _("me")),
            *(one for one in offered if _has_column(users, self.conditions[one[0]][0])),
        ]

    def queryset(self, request: Any, queryset: Any) -> Any:
        value = self.value()
        if value == "me":
            return queryset.filter(user=request.user.pk)
        if value in self.conditions and value in dict(self.lookup_choices):
            name, wanted = self.conditions[value]
            return queryset.filter(**{f"user__{name}": wanted})
        return queryset


def _has_column(model: Any, name: str) -> bool:
    try:
        return bool(model._meta.get_field(name).concrete)
    except FieldDoesNotExist:
        return False


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
        value = self.value()
        if value == EVERYTHING:
            return queryset.filter(scopes__isnull=True)
        if value not in get_settings().SCOPES:
            return queryset
        # The column holds the names, separated by single spaces.
        return queryset.filter(
            Q(scopes=value)
            | Q(scopes__startswith=f"{value} ")
            | Q(scopes__endswith=f" {value}")
            | Q(scopes__contains=f" {value} ")
        )
