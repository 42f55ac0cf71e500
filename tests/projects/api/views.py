from __future__ import annotations

from typing import Any

from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class EchoView(APIView):
    """A view that shows the user and the token. It answers a POST with the posted data."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return Response(
            {
                "user": request.user.get_username(),
                "token": getattr(request.auth, "pk", None),
            }
        )

    def post(self, request: Request) -> Response:
        data: Any = request.data
        return Response({"user": request.user.get_username(), "data": data})


class OpenView(EchoView):
    """The same view, which anyone may call."""

    permission_classes = (AllowAny,)
