"""Include this in place of ``djoser.urls.authtoken``. It has the same routes and names."""

from __future__ import annotations

from typing import Any

from djoser import views as stock
from djoser.conf import settings as djoser_settings
from djoser.urls import authtoken as stock_urls

from ..open_routes import JSONRoute, LoginRoute, all_or_nothing, serve

__all__ = ["LoginView", "LogoutView"]


class LoginView(LoginRoute, stock.TokenCreateView):
    """Log in, even if the client still sends the key of an expired token."""

    @property
    def account_fields(self) -> tuple[str, ...]:  # type: ignore[override]
        return (djoser_settings.LOGIN_FIELD,)

    def _action(self, serializer: Any) -> Any:
        with all_or_nothing():
            return super()._action(serializer)


class LogoutView(JSONRoute, stock.TokenDestroyView):
    """Revoke all login tokens of the user, like djoser's logout. Personal tokens keep working."""

    versioning_class = None

    def post(self, request: Any) -> Any:
        with all_or_nothing():
            return super().post(request)


urlpatterns = serve(
    stock_urls.urlpatterns,
    {stock.TokenCreateView: LoginView, stock.TokenDestroyView: LogoutView},
)
