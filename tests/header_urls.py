"""Views with several authenticators."""

from __future__ import annotations

from typing import Any

from django.urls import path
from rest_framework.authentication import BaseAuthentication, BasicAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_token_auth.authentication import BearerTokenAuthentication, ExpiringTokenAuthentication
from tests.conftest import make_user
from tests.urls import urlpatterns as common


class DoorAuthentication(BaseAuthentication):
    """An authenticator after ours. It remembers the headers that ours did not read."""

    seen: list[Any] = []

    def authenticate(self, request: Request) -> tuple[Any, None]:
        self.seen.append(request.META.get("HTTP_AUTHORIZATION"))
        return make_user("door"), None


class WhoView(APIView):
    def get(self, request: Request) -> Response:
        return Response({"user": request.user.get_username()})


def behind(*authenticators: Any) -> Any:
    return WhoView.as_view(authentication_classes=authenticators)


urlpatterns = [
    *common,
    path("token-then-door/", behind(ExpiringTokenAuthentication, DoorAuthentication)),
    path("token-then-basic/", behind(ExpiringTokenAuthentication, BasicAuthentication)),
    path("token-then-bearer/", behind(ExpiringTokenAuthentication, BearerTokenAuthentication)),
    path("bearer-then-token/", behind(BearerTokenAuthentication, ExpiringTokenAuthentication)),
]
