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

__all__ = ["LoginView", "LogoutView"]

_LOGGED_OUT = "Successfully logged out."  # dj-rest-auth's own text, in its own translation


class LoginView(stock.LoginView):
    """An answer that carries a key is stored nowhere (RFC 6749 5.1)."""

    def get_response(self) -> Any:
        response = super().get_response()
        response.headers["Cache-Control"] = "no-store"
        return response


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


_IN_PLACE: dict[Any, Any] = {stock.LoginView: LoginView, stock.LogoutView: LogoutView}

urlpatterns = [
    URLPattern(one.pattern, ours.as_view(), name=one.name) if ours is not None else one
    for one in stock_urls.urlpatterns
    for ours in [_IN_PLACE.get(getattr(one.callback, "cls", None))]
]
