"""Include this in place of ``dj_rest_auth.mfa.urls``. It has the same routes and names.

It also has ``login/``. Include this module before ``drf_token_auth.contrib.dj_rest_auth.urls``,
because the ``login/`` of that module does not ask for a code. This module needs dj-rest-auth 7.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dj_rest_auth.mfa import urls as stock_urls
from dj_rest_auth.mfa import views as stock
from dj_rest_auth.mfa.utils import verify_ephemeral_token
from django.core.exceptions import ObjectDoesNotExist
from django.core.signing import BadSignature
from django.urls import re_path

from ...rows.login_name import login_name
from ..open_routes import LoginRoute, all_or_nothing, serve
from .urls import LoginView

__all__ = ["MFALoginView", "MFAVerifyView"]


class MFALoginView(LoginView, stock.MFALoginView):
    """Log in. A user with a second factor gets an ephemeral token, which is no key."""


class MFAVerifyView(LoginRoute, stock.MFAVerifyView):
    """Exchange an ephemeral token and a code for a key. ``LOGIN_RATES`` limit the guesses."""

    def get_account_names(self, request: Any) -> list[str]:
        """Return the login name of the ephemeral token's user, or none if that token is bad."""
        data = request.data if isinstance(request.data, Mapping) else {}
        try:
            user = verify_ephemeral_token(str(data.get("ephemeral_token")))
        except (BadSignature, ObjectDoesNotExist):
            return []  # The view refuses the token before it checks the code.
        return [login_name(user)]

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with all_or_nothing():
            return super().post(request, *args, **kwargs)


urlpatterns = [
    re_path(r"^login/?$", MFALoginView.as_view(), name="rest_login"),
    *serve(stock_urls.urlpatterns, {stock.MFAVerifyView: MFAVerifyView}),
]
