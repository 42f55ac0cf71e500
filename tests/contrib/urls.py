"""The URLs from the guide's ``mysite/urls.py``, and a view that requires a user."""

from __future__ import annotations

import mysite.urls
from django.urls import path

from tests.projects.api.views import EchoView

urlpatterns = [
    *getattr(mysite.urls, "urlpatterns", []),
    path("echo/", EchoView.as_view(), name="echo"),
]
