from __future__ import annotations

from django.urls import path
from rest_framework.authtoken.views import obtain_auth_token
from views import LogoutView, MeView

urlpatterns = [
    path("api/me/", MeView.as_view()),
    path("api/login/", obtain_auth_token),
    path("api/logout/", LogoutView.as_view()),
]
