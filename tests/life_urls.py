"""Views of a project, with the package's permissions, authenticators and operations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_token_auth import get_token_model, operations
from drf_token_auth.authentication import BearerTokenAuthentication
from drf_token_auth.permissions import HasScopes, RecentLogin
from tests.urls import urlpatterns as common


class IsPosting(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method == "POST"


class OkView(APIView):
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response({"user": request.user.get_username()})

    put = patch = delete = post = get


class InspectedView(OkView):
    """A view that calls ``look`` with the request. Tests replace ``look``."""

    permission_classes = (IsAuthenticated,)
    look = staticmethod(lambda request: None)

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        type(self).look(request)
        return super().get(request)


class FailingView(OkView):
    """A view that raises. With ATOMIC_REQUESTS, DRF then rolls the transaction back."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise ValidationError("no")


class PasswordView(APIView):
    """A project's own view to change a password. It keeps the caller's token."""

    permission_classes = (IsAuthenticated,)

    def post(self, request: Request) -> Response:
        operations.change_password(request.user, request.data["password"], keep=request.auth)
        if request.data.get("fail"):
            raise ValidationError("no")
        return Response({})


class ByMethodView(OkView):
    permission_classes = (HasScopes,)


class ListedView(OkView):
    permission_classes = (HasScopes,)
    required_scopes = ["read", "admin"]


class NamedView(OkView):
    permission_classes = (HasScopes,)
    required_scopes = "admin"


class NothingNeededView(OkView):
    permission_classes = (HasScopes,)
    required_scopes: list[str] = []


class MappedView(OkView):
    permission_classes = (HasScopes,)
    required_scopes = {"GET": ["read"], "DELETE": ["write", "admin"]}


class EitherScopesView(OkView):
    permission_classes = (HasScopes | IsPosting,)
    required_scopes = ["admin"]


class BearerScopedView(ListedView):
    """A view for keys after ``Bearer``. Its challenge must begin with ``Bearer`` too."""

    authentication_classes = (BearerTokenAuthentication,)


class RecentView(OkView):
    permission_classes = (RecentLogin,)


class FiveMinutesView(OkView):
    permission_classes = (RecentLogin(timedelta(minutes=5)),)


class BothView(OkView):
    permission_classes = (IsPosting & RecentLogin(timedelta(minutes=5)),)


class BothTheOtherWayView(OkView):
    permission_classes = (RecentLogin & IsPosting,)


class EitherView(OkView):
    permission_classes = (RecentLogin | IsPosting,)


class EitherTheOtherWayView(OkView):
    permission_classes = (IsPosting | RecentLogin(timedelta(minutes=5)),)


class SessionRecentView(RecentView):
    authentication_classes = (SessionAuthentication, BasicAuthentication)


@transaction.non_atomic_requests
async def who(request: HttpRequest) -> JsonResponse:
    """A plain async view that looks the key up itself."""
    key = request.headers.get("Authorization", "").removeprefix("Token ")
    token = await get_token_model().objects.afrom_key(key)
    if token is None:
        return JsonResponse({}, status=401)
    return JsonResponse({"user": token.user.get_username()})


urlpatterns = [
    *common,
    path("inspected/", InspectedView.as_view()),
    path("failing/", FailingView.as_view()),
    path("password/", PasswordView.as_view()),
    path("scopes/by-method/", ByMethodView.as_view()),
    path("scopes/listed/", ListedView.as_view()),
    path("scopes/named/", NamedView.as_view()),
    path("scopes/none/", NothingNeededView.as_view()),
    path("scopes/mapped/", MappedView.as_view()),
    path("scopes/either/", EitherScopesView.as_view()),
    path("scopes/bearer/", BearerScopedView.as_view()),
    path("recent/", RecentView.as_view()),
    path("recent/five/", FiveMinutesView.as_view()),
    path("recent/both/", BothView.as_view()),
    path("recent/both-turned/", BothTheOtherWayView.as_view()),
    path("recent/either/", EitherView.as_view()),
    path("recent/either-turned/", EitherTheOtherWayView.as_view()),
    path("recent/session/", SessionRecentView.as_view()),
    path("who/", who),
]
