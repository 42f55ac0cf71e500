"""URLs of the pages. Use ``path("account/", include("drf_token_auth.pages.urls"))``."""

from __future__ import annotations

from django.urls import path, register_converter

from . import views
from .converters import TokenIdConverter

register_converter(TokenIdConverter, "drf_token_auth_id")

app_name = "token_pages"

ID = "<drf_token_auth_id:pk>"

urlpatterns = [
    path("", views.IndexView.as_view(), name="index"),
    path("devices/", views.DeviceListView.as_view(), name="devices"),
    path("devices/revoke/", views.DeviceRevokeView.as_view(), name="devices-revoke"),
    path(f"devices/{ID}/", views.DeviceView.as_view(), name="device"),
    path(f"devices/{ID}/revoke/", views.DeviceRevokeView.as_view(), name="device-revoke"),
    path("api-tokens/", views.TokenListView.as_view(), name="tokens"),
    path("api-tokens/new/", views.TokenNewView.as_view(), name="token-new"),
    path("api-tokens/revoke/", views.TokenRevokeView.as_view(), name="tokens-revoke"),
    path(f"api-tokens/{ID}/", views.TokenView.as_view(), name="token"),
    path(f"api-tokens/{ID}/new-key/", views.TokenNewKeyView.as_view(), name="token-new-key"),
    path(f"api-tokens/{ID}/revoke/", views.TokenRevokeView.as_view(), name="token-revoke"),
]
