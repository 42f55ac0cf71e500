from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import path
from views import ApiKeyView, MeView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/login/", LoginView.as_view(template_name="admin/login.html")),
    path("account/api-key/", ApiKeyView.as_view()),
    path("api/me/", MeView.as_view()),
]
