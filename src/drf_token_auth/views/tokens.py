"""The presented token, and all the tokens of its user."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed, ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response

from .. import get_token_model, lookup, operations
from ..authentication import ExpiringTokenAuthentication
from ..base_models import AbstractToken, Kind
from ..exceptions import Refused
from ..permissions import RecentLogin
from ..serializers import (
    IssuedTokenSerializer,
    PersonalTokenSerializer,
    RevokeSerializer,
    TokenNameSerializer,
    TokenSerializer,
)
from ..throttling import RevokeThrottle
from .base import TokenView

__all__ = [
    "CurrentTokenView",
    "RevokeView",
    "RotateView",
    "TokenDetailView",
    "TokenListView",
]


class CurrentTokenView(TokenView):
    """The presented token. Looking at it does not extend it."""

    def get_authenticators(self) -> list[Any]:
        authenticators = super().get_authenticators()
        for authenticator in authenticators:
            if isinstance(authenticator, ExpiringTokenAuthentication):
                authenticator.records_use = False
        return authenticators

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_serializer(self.get_token()).data)


class RotateView(TokenView):
    """A new key for the presented token; its old one goes on working for ``ROTATION_GRACE``."""

    serializer_class = IssuedTokenSerializer

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        token = self.get_token()
        try:
            rotated = operations.rotate(token, request=self.django_request, actor=request.user)
        except Refused as reason:
            # It ended, or was rotated, since this request was authenticated.
            raise AuthenticationFailed(_("Invalid token."), code=reason.code) from reason
        request.auth = rotated
        return self.key_response(self.get_serializer(rotated).data)


class TokenPagination(PageNumberPagination):
    """Pages whatever the project's own default: a list of tokens may be long."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class OwnTokensView(TokenView):
    @property
    def method(self) -> str | None:
        """None where a schema is drawn without a request."""
        return getattr(self.request, "method", None)

    def get_queryset(self) -> Any:
        tokens = get_token_model()._default_manager.all()
        if self.method is None or getattr(self, "swagger_fake_view", False):
            return tokens.none()
        return tokens.authenticating(self.request.user).order_by("-created_at", "-pk")


class TokenListView(OwnTokensView):
    """The user's devices and personal tokens; make a personal token."""

    pagination_class = TokenPagination

    def get_permissions(self) -> list[Any]:
        fresh = [RecentLogin()] if self.method == "POST" else []
        return [*super().get_permissions(), *fresh]

    def get_serializer_class(self) -> Any:
        return PersonalTokenSerializer if self.method == "POST" else TokenSerializer

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        wish = self.read(self.get_serializer(data=request.data)).validated_data
        self.refuse_more_than_own(wish)
        token = self.issue(
            request.user,
            kind=Kind.PERSONAL,
            name=wish.get("name", ""),
            scopes=wish.get("scopes"),
            ttl=wish.get("ttl", operations.DEFAULT),
        )
        data = IssuedTokenSerializer(token, context=self.get_serializer_context()).data
        return self.key_response(data, status=status.HTTP_201_CREATED)

    def refuse_more_than_own(self, wish: dict[str, Any]) -> None:
        """A token with scopes makes none with more."""
        own = self.request.auth.scope_list if isinstance(self.request.auth, AbstractToken) else None
        if own is None:
            return
        wanted = wish.get("scopes")
        if wanted is None or not set(wanted) <= set(own):
            raise ValidationError({"scopes": [_("No more than the scopes of your own token.")]})


class TokenDetailView(OwnTokensView):
    """One of the user's tokens: look, rename, end. Another user's is not found."""

    def get_serializer_class(self) -> Any:
        return TokenNameSerializer if self.method == "PATCH" else TokenSerializer

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response(
            TokenSerializer(self.get_object(), context=self.get_serializer_context()).data
        )

    def patch(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        token = self.get_object()
        change = self.read(self.get_serializer(data=request.data)).validated_data
        if "name" in change:
            token.name = change["name"]
            rows = get_token_model()._default_manager.filter(pk=token.pk)
            if not rows.update(name=token.name):
                raise Http404
        return Response(TokenSerializer(token, context=self.get_serializer_context()).data)

    def delete(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        token = self.get_object()
        own = isinstance(request.auth, AbstractToken) and request.auth.pk == token.pk
        operations.revoke(
            token,
            reason="logout" if own else "others",
            request=self.django_request,
            actor=request.user,
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class RevokeView(TokenView):
    """RFC 7009: whoever holds a key may end its token. 200 whatever the key."""

    authentication_classes = ()
    permission_classes = ()
    serializer_class = RevokeSerializer

    def get_authenticators(self) -> list[Any]:
        return []

    def get_throttles(self) -> list[Any]:
        return [RevokeThrottle(), *super().get_throttles()]

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        key = self.read(self.get_serializer(data=request.data)).validated_data["token"]
        try:
            token = lookup.find(get_token_model(), key, request=self.django_request)
        except Refused:
            return Response({})
        # Of an inactive user, too, who may be active again. What has expired is the purge's.
        if not token.is_expired():
            operations.revoke(token, reason="holder", request=self.django_request, actor=token.user)
        return Response({})
