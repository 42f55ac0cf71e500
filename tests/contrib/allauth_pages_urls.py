from __future__ import annotations

from django.urls import include, path

from tests.urls import urlpatterns as others

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("account/", include("drf_token_auth.pages.urls")),
    *others,
]
