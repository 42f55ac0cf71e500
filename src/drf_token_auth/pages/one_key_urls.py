"""URLs of the pages for one API key per user.

Use ``path("account/", include("drf_token_auth.pages.one_key_urls"))``.
"""

from __future__ import annotations

from typing import Any

from django.urls import path
from django.utils.translation import gettext_lazy as _

from . import views
from .urls import ID

app_name = "token_pages"


def device(route: str, view: type[views.PageView], name: str) -> Any:
    return path(f"devices/{route}", view.as_view(tokens_label=_("API key")), name=name)


urlpatterns = [
    path("", views.IndexView.as_view(), name="index"),
    device("", views.DeviceListView, "devices"),
    device("revoke/", views.DeviceRevokeView, "devices-revoke"),
    device(f"{ID}/", views.DeviceView, "device"),
    device(f"{ID}/revoke/", views.DeviceRevokeView, "device-revoke"),
    path("api-key/", views.OneKeyView.as_view(), name="tokens"),
    path("api-key/new/", views.OneKeyNewView.as_view(), name="token-new"),
    path("api-key/revoke/", views.OneKeyRevokeView.as_view(), name="tokens-revoke"),
]
