from __future__ import annotations

from django.urls import path

from web.views import OneMinuteLoginView, TourView, event_list

urlpatterns = [
    path("", TourView.as_view(), name="tour"),
    path("events/", event_list, name="events"),
    path("auth/login/one-minute/", OneMinuteLoginView.as_view(), name="one-minute-login"),
]
