"""An admin site with tokens and users, as operators of a project use it."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import get_user_model

from drf_token_auth import get_token_model
from drf_token_auth.admin import TokenAdminMixin, TokenInlineMixin, UserTokensMixin


class TokenAdmin(TokenAdminMixin, admin.ModelAdmin):
    pass


class TokenInline(TokenInlineMixin, admin.TabularInline):
    model = get_token_model()


class PersonAdmin(UserTokensMixin, admin.ModelAdmin):
    fields = (get_user_model().USERNAME_FIELD,)
    search_fields = ordering = (get_user_model().USERNAME_FIELD,)
    inlines = [TokenInline]


site = admin.AdminSite("operators")
site.register(get_token_model(), TokenAdmin)
site.register(get_user_model(), PersonAdmin)
