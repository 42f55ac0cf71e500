"""Use in place of ``include("djoser.urls.authtoken")``: the same routes and names."""

from __future__ import annotations

from djoser import views as stock
from djoser.urls import authtoken as stock_urls

from ..open_routes import LoginRoute, serve

__all__ = ["LoginView"]


class LoginView(LoginRoute, stock.TokenCreateView):
    """A client whose key has expired can log in here although it still sends the key."""


urlpatterns = serve(stock_urls.urlpatterns, {stock.TokenCreateView: LoginView})
