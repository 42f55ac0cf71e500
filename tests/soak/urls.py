"""The routes of the package, one view behind a token, and a project's own change of password."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_token_auth import operations


class WhoView(APIView):
    def get(self, request: Request) -> Response:
        return Response({"user": request.user.get_username(), "token": request.auth.pk})


class PasswordView(APIView):
    def post(self, request: Request) -> Response:
        operations.change_password(request.user, request.data["password"], keep=request.auth)
        return Response({})


urlpatterns = [
    path("auth/", include("drf_token_auth.urls")),
    path("who/", WhoView.as_view()),
    path("password/", PasswordView.as_view()),
]
