"""Views of the presented token, of all tokens of its user, and of a posted key."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from django.db import DatabaseError, router
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response

from .. import get_token_model, lookup, operations
from ..authentication import ExpiringTokenAuthentication
from ..base_models import Kind
from ..exceptions import Refused
from ..operations.renaming import rename
from ..permissions import RecentLogin
from ..rows.database_text import is_about_text
from ..serializers import (
    TokenDetailSerializer,
    TokenIssuedSerializer,
    TokenNameSerializer,
    TokenPersonalSerializer,
    TokenRevokeSerializer,
)
from ..throttling import RevokeThrottle
from .base import KeylessView, TokenView


class CurrentTokenView(TokenView):
    """Show the presented token. This does not count as a use, so it does not extend the token."""

    def get_authenticators(self) -> list[Any]:
        authenticators = super().get_authenticators()
        for authenticator in authenticators:
            if isinstance(authenticator, ExpiringTokenAuthentication):
                authenticator.records_use = False
        return authenticators

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_serializer(self.get_token()).data)


class RotateView(TokenView):
    """Give the presented token a new key. The previous key keeps working for ``ROTATION_GRACE``."""

    serializer_class = TokenIssuedSerializer

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        token = operations.rotate(self.get_token(), request=self.django_request, actor=request.user)
        return Response(self.get_serializer(token).data)


class TokenPagination(PageNumberPagination):
    """Split the list into pages, because it may be long. The project's default does not apply."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class OwnTokensView(TokenView):
    @property
    def method(self) -> str | None:
        """Return the HTTP method, or None while a schema is generated without a request."""
        return getattr(self.request, "method", None)

    def get_queryset(self) -> Any:
        """Return the usable tokens of the request's user only, newest first (OWASP ASVS 8.2.2)."""
        model = get_token_model()
        # A replica may lack a new token, and the user could then not revoke it.
        tokens: Any = model._default_manager.using(router.db_for_write(model))
        if getattr(self, "swagger_fake_view", False):
            return tokens.none()
        return tokens.alive_for(self.request.user).order_by("-created_at", "-pk")


class TokenListView(OwnTokensView):
    """List the user's tokens. Make a personal token."""

    pagination_class = TokenPagination

    def get_permissions(self) -> list[Any]:
        fresh = [RecentLogin()] if self.method == "POST" else []
        return [*super().get_permissions(), *fresh]

    def get_serializer_class(self) -> Any:
        return TokenPersonalSerializer if self.method == "POST" else TokenDetailSerializer

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        wanted = self.read(self.get_serializer(data=request.data)).validated_data
        self._refuse_more_than_own(wanted)
        token = self.issue(
            request.user,
            kind=Kind.PERSONAL,
            name=wanted.get("name", ""),
            scopes=wanted.get("scopes"),
            ttl=wanted.get("ttl", operations.DEFAULT),
            # A logout may revoke the presented token meanwhile. Then this request creates no token.
            presented=request.auth,
        )
        data = TokenIssuedSerializer(token, context=self.get_serializer_context()).data
        return Response(data, status=status.HTTP_201_CREATED)

    def _refuse_more_than_own(self, wanted: dict[str, Any]) -> None:
        """Refuse scopes that the presented token does not have."""
        own = None if self._presented is None else self._presented.scope_list
        if own is None:
            return
        scopes = wanted.get("scopes")
        if scopes is None or not set(scopes) <= set(own):
            raise ValidationError({"scopes": [_("No more than the scopes of your own token.")]})


class TokenDetailView(OwnTokensView):
    """Show, rename or revoke one of the user's tokens. Answer 404 for another user's token."""

    def get_serializer_class(self) -> Any:
        return TokenNameSerializer if self.method == "PATCH" else TokenDetailSerializer

    def get_object(self) -> Any:
        """Return the token that the URL names.

        :raises Http404: the user has no usable token with this id.
        """
        try:
            token = super().get_object()
        except DatabaseError as error:
            # The id is a text with a character that the column cannot hold, such as NUL.
            if is_about_text(error):
                raise Http404 from error
            raise
        # Python reads "3_0" and the digits of other scripts as numbers, but no list shows such ids.
        given = token.pk if self.lookup_url_kwarg else self.kwargs.get("pk", token.pk)
        if isinstance(token.pk, int) and str(token.pk) != str(given):
            raise Http404
        return token

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_serializer(self.get_object()).data)

    def patch(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        token = self.get_object()
        change = self.read(self.get_serializer(data=request.data)).validated_data
        if "name" in change:
            with self._checked_again():
                if not rename(token, change["name"]):
                    raise Http404
        return Response(TokenDetailSerializer(token, context=self.get_serializer_context()).data)

    def delete(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        token = self.get_object()
        own = self._presented == token
        # A token that revokes itself may be revoked already, by the first of two clicks.
        with nullcontext() if own else self._checked_again():
            operations.revoke(
                token,
                reason="logout" if own else "others",
                request=self.django_request,
                actor=request.user,
            )
        return Response(status=status.HTTP_204_NO_CONTENT)


class RevokeView(KeylessView):
    """Revoke the token of a posted key (RFC 7009). Answer 200 even if no token has the key."""

    serializer_class = TokenRevokeSerializer

    def get_throttles(self) -> list[Any]:
        return [RevokeThrottle(), *super().get_throttles()]

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        key = self.read(self.get_serializer(data=request.data)).validated_data["token"]
        # Find the token of a hidden user too, because the user may become visible again.
        tokens = get_token_model()._default_manager.all()
        try:
            token = lookup.find(tokens.model, key, queryset=tokens, request=self.django_request)
        except Refused:
            return Response({})
        # Revoke an inactive user's token too, because the user may become active again. Leave an
        # expired token to the purge.
        if not token.is_expired():
            operations.revoke(token, reason="holder", request=self.django_request, actor=token.user)
        return Response({})
