"""Use in place of ``include("djoser.urls.authtoken")``: the same routes and names."""

from __future__ import annotations

from djoser import views as stock
from djoser.urls import authtoken as stock_urls

from ..open_routes import LoginRoute, serve

__all__ = ["LoginView"]


class LoginView(LoginRoute, stock.TokenCreateView):
    """Log in, even if the client still sends a key that has expired."""


urlpatterns = serve(stock_urls.urlpatterns, {stock.TokenCreateView: LoginView})
