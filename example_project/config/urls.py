from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

urlpatterns = [
    path("", include("web.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("notes.urls")),
    path("auth/", include("drf_token_auth.urls")),
    # The pages for users, and the login page of Django that they need.
    path("account/", include("drf_token_auth.pages.urls")),
    path("account/login/", LoginView.as_view(), name="login"),
    path("account/logout/", LogoutView.as_view(), name="logout"),
]
