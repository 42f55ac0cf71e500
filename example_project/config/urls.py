from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("web.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("notes.urls")),
    path("auth/", include("drf_token_auth.urls")),
]
