"""Include this in place of ``dj_rest_auth.registration.urls``. It has the same routes and names."""

from __future__ import annotations

from typing import Any

from dj_rest_auth.app_settings import api_settings
from dj_rest_auth.registration import urls as stock_urls
from dj_rest_auth.registration import views as stock

from ..open_routes import PublicRoute, serve

__all__ = ["RegisterView"]


class RegisterView(PublicRoute, stock.RegisterView):
    """Answer a registration with the key of a new token, like dj-rest-auth's own view."""

    def get_response_data(self, user: Any) -> Any:
        token = getattr(user, "issued_token", None)
        if token is None:  # For example, the user has to verify the e-mail address first.
            return super().get_response_data(user)
        return api_settings.TOKEN_SERIALIZER(token, context=self.get_serializer_context()).data


urlpatterns = serve(stock_urls.urlpatterns, {stock.RegisterView: RegisterView})
