from __future__ import annotations

from django.contrib import admin

from drf_token_auth.admin import TokenAdmin
from tests.projects.apitokens.models import ApiToken

admin.site.register(ApiToken, TokenAdmin)
