"""Include this in place of ``dj_rest_auth.urls``. It has the same routes and names.

The logout revokes the token of the request. The public views also work if the header has an old
key.
"""

from __future__ import annotations

from typing import Any

from dj_rest_auth import urls as stock_urls
from dj_rest_auth import views as stock
from dj_rest_auth.app_settings import api_settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_out
from django.utils.translation import gettext
from rest_framework.response import Response

from ... import operations
from ...base_models import AbstractToken
from ..open_routes import JSONRoute, LoginRoute, all_or_nothing, serve

__all__ = ["LoginView", "LogoutView"]

_LOGGED_OUT = "Successfully logged out."  # dj-rest-auth's own text, which it translates.


class LoginView(LoginRoute, stock.LoginView):
    """Log in, even if the client still sends the key of an expired token."""

    def login(self) -> None:
        with all_or_nothing():
            super().login()


class LogoutView(JSONRoute, stock.LogoutView):
    """Revoke the presented token, and keep the user's token in DRF's own table.

    A request without a token of this package gets dj-rest-auth's own logout.
    """

    versioning_class = None

    def logout(self, request: Any) -> Any:
        token = request.auth
        if not isinstance(token, AbstractToken):
            return super().logout(request)
        user = request.user
        with all_or_nothing():
            operations.revoke(token, reason="logout", request=request._request, actor=user)
            if api_settings.SESSION_LOGIN:
                logout(request)
            else:
                user_logged_out.send(sender=user.__class__, request=request._request, user=user)
        return Response({"detail": gettext(_LOGGED_OUT)})


urlpatterns = serve(
    stock_urls.urlpatterns, {stock.LoginView: LoginView, stock.LogoutView: LogoutView}
)
