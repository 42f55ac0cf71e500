"""Logging in and out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import router, transaction
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.response import Response

from .. import get_token_model, operations
from ..base_models import AbstractToken
from ..devices import describe
from ..serializers import (
    LoggedInSerializer,
    LoginSerializer,
    LogoutSerializer,
    NothingSerializer,
)
from ..throttling import LoginAccountThrottle, LoginAddressThrottle
from .base import TokenView

__all__ = ["LoginView", "LogoutAllView", "LogoutOthersView", "LogoutView"]


class LoginView(TokenView):
    """A name and a password for a token."""

    # No authenticator runs: a stale header must not keep anyone from logging in.
    authentication_classes = ()
    permission_classes = ()
    serializer_class = LoginSerializer

    def get_authenticators(self) -> list[Any]:
        return []

    def get_throttles(self) -> list[Any]:
        return [LoginAddressThrottle(), LoginAccountThrottle(), *super().get_throttles()]

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        try:
            token = self.log_in()
        except AuthenticationFailed:
            # The user was changed after the password was checked. Check it again.
            token = self.log_in()
        return self.key_response(self.get_response_data(token))

    def log_in(self) -> AbstractToken:
        serializer = self.read(self.get_serializer(data=self.request.data))
        return self.issue_token(serializer.validated_data["user"], serializer.validated_data)

    def issue_token(self, user: Any, data: dict[str, Any]) -> AbstractToken:
        """Make the login token and send ``user_logged_in``: both happen, or neither does."""
        with transaction.atomic(using=router.db_for_write(get_token_model())):
            token = self.issue(
                user,
                name=data.get("name") or self.get_name(self.request),
                scopes=self.get_scopes(self.request, user),
                ttl=self.get_ttl(self.request, user),
            )
            user_logged_in.send(sender=type(user), request=self.django_request, user=user)
        return token

    def get_ttl(self, request: Any, user: Any) -> timedelta | Any | None:
        """Hook: the token's lifetime; None for never. By default as ``TTL`` says."""
        return operations.DEFAULT

    def get_name(self, request: Any) -> str:
        """Hook: return the device's name for a client that sent no ``name``."""
        return describe(request.META.get("HTTP_USER_AGENT", ""))

    def get_scopes(self, request: Any, user: Any) -> Any:
        """Hook: what the token may do; None for all the user may."""
        return None

    def get_response_data(self, token: AbstractToken) -> dict[str, Any]:
        """Hook: the body of the answer."""
        return dict(LoggedInSerializer(token, context=self.get_serializer_context()).data)


class LogoutView(TokenView):
    """End the presented token, and no other."""

    serializer_class: Any = NothingSerializer

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        operations.revoke(
            self.get_token(), reason="logout", request=self.django_request, actor=request.user
        )
        return self.logged_out()

    def logged_out(self) -> Response:
        user = self.request.user
        user_logged_out.send(sender=type(user), request=self.django_request, user=user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LogoutAllView(LogoutView):
    """End all login tokens of the user, whatever the request was authenticated by."""

    serializer_class = LogoutSerializer
    reason = "logout_all"

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        self.revoke_all(self.get_kinds(), keep=None)
        return self.logged_out()

    def get_kinds(self) -> list[str]:
        """As the body says; one that is no object at all keeps nobody from logging out."""
        data = self.request.data if isinstance(self.request.data, Mapping) else {}
        kinds: list[str] = self.read(self.get_serializer(data=data)).kinds
        return kinds

    def revoke_all(self, kinds: list[str], keep: AbstractToken | None) -> None:
        operations.revoke_all(
            self.request.user,
            reason=self.reason,
            kinds=kinds,
            keep=keep,
            request=self.django_request,
            actor=self.request.user,
        )


class LogoutOthersView(LogoutAllView):
    """End all login tokens of the user but the caller's."""

    reason = "others"

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        keep = request.auth if isinstance(request.auth, AbstractToken) else None
        self.revoke_all(self.get_kinds(), keep=keep)
        return Response(status=status.HTTP_204_NO_CONTENT)
