"""In place of ``include("dj_rest_auth.registration.urls")``: its answer carries the key."""

from __future__ import annotations

from typing import Any

from dj_rest_auth.app_settings import api_settings
from dj_rest_auth.registration import urls as stock_urls
from dj_rest_auth.registration import views as stock
from django.urls import URLPattern

__all__ = ["RegisterView"]


class RegisterView(stock.RegisterView):
    def get_response_data(self, user: Any) -> Any:
        token = getattr(user, "issued_token", None)
        if token is None:  # the address has to be verified first
            return super().get_response_data(user)
        return api_settings.TOKEN_SERIALIZER(token, context=self.get_serializer_context()).data

    def get_success_headers(self, data: Any) -> dict[str, str]:
        """An answer that carries a key is stored nowhere (RFC 6749 5.1)."""
        return {**super().get_success_headers(data), "Cache-Control": "no-store"}


urlpatterns = [
    URLPattern(one.pattern, RegisterView.as_view(), name=one.name)
    if getattr(one.callback, "cls", None) is stock.RegisterView
    else one
    for one in stock_urls.urlpatterns
]
