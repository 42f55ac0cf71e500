from __future__ import annotations

from django.urls import include, path
from views import MeView

urlpatterns = [
    path("api/me/", MeView.as_view()),
    path("api/", include("durin.urls")),
]
