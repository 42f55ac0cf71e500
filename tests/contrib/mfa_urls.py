"""Logins with a second factor: our views at ``mfa/``, those of dj-rest-auth at ``stock/``."""

from __future__ import annotations

from dj_rest_auth.mfa.views import MFALoginView
from django.urls import include, path

from tests.contrib.urls import urlpatterns as of_the_guide

urlpatterns = [
    path("mfa/", include("drf_token_auth.contrib.dj_rest_auth.mfa")),
    path("stock/login/", MFALoginView.as_view()),
    path("stock/", include("dj_rest_auth.mfa.urls")),
    *of_the_guide,
]
