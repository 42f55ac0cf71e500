"""The base class of the admin's mixins, for type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

__all__ = ["AdminMixin"]

if TYPE_CHECKING:
    AdminMixin = admin.ModelAdmin[Any]
else:
    AdminMixin = object
