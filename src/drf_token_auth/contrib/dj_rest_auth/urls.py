"""In place of ``include("dj_rest_auth.urls")``: the same, with a logout that ends the token."""

from __future__ import annotations

from typing import Any

from dj_rest_auth import urls as stock_urls
from dj_rest_auth import views as stock
from dj_rest_auth.app_settings import api_settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_out
from django.urls import URLPattern
from django.utils.translation import gettext
from rest_framework.response import Response

from ... import operations
from ...base_models import AbstractToken

__all__ = ["LogoutView"]

_LOGGED_OUT = "Successfully logged out."  # dj-rest-auth's own text, in its own translation


class LogoutView(stock.LogoutView):
    """Ends the presented token, and leaves DRF's token of the user alone, if there is one."""

    def logout(self, request: Any) -> Any:
        token = request.auth
        if not isinstance(token, AbstractToken):
            return super().logout(request)
        user = request.user
        operations.revoke(token, reason="logout", request=request._request, actor=user)
        if api_settings.SESSION_LOGIN:
            logout(request)
        else:
            user_logged_out.send(sender=type(user), request=request._request, user=user)
        return Response({"detail": gettext(_LOGGED_OUT)})


urlpatterns = [
    URLPattern(one.pattern, LogoutView.as_view(), name=one.name)
    if getattr(one.callback, "cls", None) is stock.LogoutView
    else one
    for one in stock_urls.urlpatterns
]
