"""The URLs of the tutorial's project, and those of ``tests/urls.py``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import path
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_token_auth import get_token_model, operations
from drf_token_auth.authentication import (
    BearerTokenAuthentication,
    ExpiringTokenAuthentication,
)
from drf_token_auth.views import LoginView, LogoutAllView, LogoutView
from tests.urls import urlpatterns as common


class HelloView(APIView):
    """A view that shows the user that the default authenticators find."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        assert isinstance(request.auth, get_token_model())
        assert request.user == request.auth.user
        return Response({"hello": request.user.get_username(), "token": request.auth.pk})


class BearerHelloView(HelloView):
    authentication_classes = (BearerTokenAuthentication,)


class ApiKeyAuthentication(ExpiringTokenAuthentication):
    keyword = "Api-Key"


class ApiKeyHelloView(HelloView):
    authentication_classes = (ApiKeyAuthentication,)


class EitherHelloView(HelloView):
    authentication_classes = (ExpiringTokenAuthentication, BearerTokenAuthentication)


class OwnPostLoginView(LoginView):
    """A login view that overrides ``post``, as projects did with ``ObtainAuthToken``."""

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = serializer.validated_data["user"]
        token = operations.issue(user, request=request)
        return Response({"token": token.key, "username": user.get_username()})


class HookedLoginView(LoginView):
    """A login view that overrides only hooks."""

    def get_ttl(self, request: Request, user: Any) -> timedelta | None:
        return timedelta(hours=1)

    def get_response_data(self, token: Any) -> dict[str, Any]:
        return {**super().get_response_data(token), "username": token.user.get_username()}


class NeverEndingLoginView(LoginView):
    def get_ttl(self, request: Request, user: Any) -> timedelta | None:
        return None


ANY_WAY = (ExpiringTokenAuthentication, SessionAuthentication, BasicAuthentication)

urlpatterns = [
    *common,
    path("hello/", HelloView.as_view()),
    path("hello/bearer/", BearerHelloView.as_view()),
    path("hello/api-key/", ApiKeyHelloView.as_view()),
    path("hello/either/", EitherHelloView.as_view()),
    path("login/own-post/", OwnPostLoginView.as_view()),
    path("login/hooked/", HookedLoginView.as_view()),
    path("login/never-ending/", NeverEndingLoginView.as_view()),
    path("any-way/logout/", LogoutView.as_view(authentication_classes=ANY_WAY)),
    path("any-way/logout/all/", LogoutAllView.as_view(authentication_classes=ANY_WAY)),
]
