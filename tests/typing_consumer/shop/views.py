from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_token_auth import get_token_model, operations, signals
from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.base_models import AbstractToken
from drf_token_auth.permissions import HasScopes, RecentLogin
from drf_token_auth.test import act_as
from drf_token_auth.views import LoginView

from .models import ApiToken

if TYPE_CHECKING:
    from typing_extensions import assert_type


class KeyAuthentication(ExpiringTokenAuthentication):
    keyword = "Key"

    def get_model(self) -> type[ApiToken]:
        return ApiToken


class ShopLoginView(LoginView):
    def get_ttl(self, request: Request, user: Any) -> timedelta | None:
        return timedelta(hours=1) if user.is_staff else None

    def get_response_data(self, token: AbstractToken) -> dict[str, Any]:
        return {**super().get_response_data(token), "hint": token.hint}


class OrdersView(APIView):
    authentication_classes = [KeyAuthentication]
    permission_classes = [IsAuthenticated, HasScopes]
    required_scopes = {"POST": ["orders:write"]}

    def post(self, request: Request) -> Response:
        token = request.auth
        if isinstance(token, AbstractToken):
            if TYPE_CHECKING:
                assert_type(token, AbstractToken)
                assert_type(token.is_expired(), bool)
            operations.revoke(token, reason="logout", request=request)
        return Response({})


class CancelView(OrdersView):
    permission_classes = [IsAuthenticated, RecentLogin]


def move(user: Any) -> str:
    token = operations.issue(user, ttl=None, scopes=["orders:read"])
    if TYPE_CHECKING:
        assert_type(token, AbstractToken)
        assert_type(get_token_model(), type[AbstractToken])
        assert_type(operations.rotate(token), AbstractToken)
        assert_type(operations.revoke_all(user, reason="others", keep=token), int)
    operations.issue(user, ttl=3600)  # type: ignore[arg-type]
    return token.key


async def amove(user: Any) -> str:
    token = await operations.aissue(user, kind="personal")
    if TYPE_CHECKING:
        assert_type(token, AbstractToken)
        assert_type(await operations.arevoke(token, reason="command"), bool)
    return token.key


def listen(sender: type[AbstractToken], token: AbstractToken, **kwargs: Any) -> None:
    raise NotImplementedError


signals.token_created.connect(listen)


def acting(client: Any, user: Any) -> str:
    return act_as(client, user, age=timedelta(hours=1)).key
