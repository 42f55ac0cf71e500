"""A project with the pages, the API and a login page."""

from __future__ import annotations

from django.contrib.auth.views import LoginView
from django.urls import include, path

from tests.urls import urlpatterns as others

urlpatterns = [
    path("accounts/login/", LoginView.as_view(), name="login"),
    path("account/", include("drf_token_auth.pages.urls")),
    *others,
]
