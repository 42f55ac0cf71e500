from __future__ import annotations

from django.urls import path
from knox.views import LogoutAllView, LogoutView
from views import LoginView, MeView

urlpatterns = [
    path("api/me/", MeView.as_view()),
    path("api/login/", LoginView.as_view()),
    path("api/logout/", LogoutView.as_view()),
    path("api/logoutall/", LogoutAllView.as_view()),
]
