"""Include this in place of ``djoser.urls``. It has the same routes and names."""

from __future__ import annotations

from typing import Any

from djoser import views as stock
from rest_framework.permissions import AllowAny
from rest_framework.routers import DefaultRouter

from ..open_routes import KeylessRoute

__all__ = ["UserViewSet"]


class UserViewSet(KeylessRoute, stock.UserViewSet):
    """Let users register and reset their password, even if the header has an old key."""

    def get_authenticators(self) -> list[Any]:
        method = str(getattr(self.request, "method", "")).lower()
        # djoser chooses the permissions by self.action, which DRF sets only after this method.
        self.action = self.action_map.get(method)
        if all(type(permission) is AllowAny for permission in self.get_permissions()):
            return super().get_authenticators()
        authenticators: list[Any] = super(KeylessRoute, self).get_authenticators()
        return authenticators


router = DefaultRouter()
router.register("users", UserViewSet)
urlpatterns = router.urls
