from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from tests.projects.api.views import EchoView, OpenView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("auth/", include("drf_token_auth.urls")),
    path("echo/", EchoView.as_view(), name="echo"),
    path("open/", OpenView.as_view(), name="open"),
]
