"""URLs of the API. Use ``path("auth/", include("drf_token_auth.urls"))``."""

from __future__ import annotations

from django.urls import path

from . import require_installed
from .conf.rest_framework import require_classes

# Check the settings first. The views import DRF, whose errors for wrong settings do not say what to
# write.
require_installed()
require_classes()

from . import views  # noqa: E402

app_name = "drf_token_auth"

urlpatterns = [
    path("login/", views.LoginView.as_view(), name="login"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
    path("logout/all/", views.LogoutAllView.as_view(), name="logout-all"),
    path("logout/others/", views.LogoutOthersView.as_view(), name="logout-others"),
    path("token/", views.CurrentTokenView.as_view(), name="current"),
    path("token/rotate/", views.RotateView.as_view(), name="rotate"),
    path("tokens/", views.TokenListView.as_view(), name="tokens"),
    path("tokens/<pk>/", views.TokenDetailView.as_view(), name="token"),
    path("revoke/", views.RevokeView.as_view(), name="revoke"),
]
