"""The site of ``urls``, with the pages for one API key per user."""

from __future__ import annotations

from django.urls import include, path

from tests.browser.urls import urlpatterns as others

urlpatterns = [path("account/", include("drf_token_auth.pages.one_key_urls")), *others]
