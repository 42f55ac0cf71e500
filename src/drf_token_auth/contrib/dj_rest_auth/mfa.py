"""Use in place of ``include("dj_rest_auth.mfa.urls")``: the same routes and names, and ``login/``.

Include it before ``urls``, whose ``login/`` does not ask for a code. It needs dj-rest-auth 7.2.
"""

from __future__ import annotations

from typing import Any

from dj_rest_auth.mfa import urls as stock_urls
from dj_rest_auth.mfa import views as stock
from django.urls import re_path

from ..open_routes import LoginRoute, all_or_nothing, serve
from .urls import LoginView

__all__ = ["MFALoginView", "MFAVerifyView"]


class MFALoginView(LoginView, stock.MFALoginView):
    """Log in. A user with a second factor gets an ephemeral token, which is no key."""


class MFAVerifyView(LoginRoute, stock.MFAVerifyView):
    """Exchange an ephemeral token and a code for a key. ``LOGIN_RATES`` limit the guesses."""

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with all_or_nothing():
            return super().post(request, *args, **kwargs)


urlpatterns = [
    re_path(r"^login/?$", MFALoginView.as_view(), name="rest_login"),
    *serve(stock_urls.urlpatterns, {stock.MFAVerifyView: MFAVerifyView}),
]
