from __future__ import annotations

from django.urls import path

from web.views import PageView

urlpatterns = [path("", PageView.as_view(), name="page")]
