"""What all the views share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connections, transaction
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from rest_framework import status
from rest_framework.exceptions import APIException, AuthenticationFailed, ParseError
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from .. import operations
from ..authentication import BearerTokenAuthentication, ExpiringTokenAuthentication
from ..base_models import AbstractToken
from ..exceptions import Refused, TokenLimitReached
from ..serializers import TokenSerializer

__all__ = ["LimitReached", "NoToken", "TokenView", "issue_or_refuse"]


class NoToken(APIException):
    """The request is authenticated, but not by a token of ours."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("This request was not made with a token.")
    default_code = "no_token"


class LimitReached(APIException):
    status_code = status.HTTP_403_FORBIDDEN
    default_detail = _("You have as many tokens as you may. End one of them first.")
    default_code = TokenLimitReached.code


def issue_or_refuse(user: Any, **options: Any) -> AbstractToken:
    """Call ``operations.issue`` for a view.

    :raises LimitReached: (403) the user may have no more tokens.
    :raises AuthenticationFailed: (401) the user's password changed, or the user was deleted,
        since the user was authenticated.
    """
    try:
        return operations.issue(user, **options)
    except TokenLimitReached as error:
        raise LimitReached from error
    except Refused as error:
        raise AuthenticationFailed(code=error.code) from error


class TokenView(GenericAPIView[Any]):
    """What all the views share."""

    serializer_class: Any = TokenSerializer
    permission_classes: Sequence[Any] = (IsAuthenticated,)

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view: Any = super().as_view(**initkwargs)
        for alias in connections:
            view = transaction.non_atomic_requests(using=alias)(view)
        return view

    # In reports of errors: hides what was posted, and the variables of whatever is called from
    # here as well, a subclass's post() included.
    @method_decorator(sensitive_post_parameters())
    @sensitive_variables()
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().dispatch(request, *args, **kwargs)

    def get_authenticators(self) -> list[Any]:
        """The project's; with ours, where the project names it on its own views only."""
        authenticators = super().get_authenticators()
        if not any(isinstance(one, ExpiringTokenAuthentication) for one in authenticators):
            authenticators = [
                ExpiringTokenAuthentication(),
                BearerTokenAuthentication(),
                *authenticators,
            ]
        return authenticators

    def handle_exception(self, exc: Exception) -> Response:
        """As DRF's, which marks every transaction that is open for rollback.

        None was opened for this view, so an open one is its caller's: a test case's, mostly.
        """
        if isinstance(exc, RecursionError):  # of the JSON parser, in a body nested too deep
            exc = ParseError()
        open_ones = [one for one in connections.all(initialized_only=True) if one.in_atomic_block]
        marks = [(one, one.get_rollback()) for one in open_ones]
        response = super().handle_exception(exc)
        for connection, mark in marks:
            connection.set_rollback(mark)
        return response

    def get_token(self) -> AbstractToken:
        """The token this request was made with.

        :raises NoToken: (400) it came with a session, Basic, ``force_authenticate`` or the like.
        """
        if not isinstance(self.request.auth, AbstractToken):
            raise NoToken
        return self.request.auth

    @property
    def django_request(self) -> Any:
        """Django's own request, which receivers of its signals expect."""
        return self.request._request

    def issue(self, user: Any, **options: Any) -> AbstractToken:
        return issue_or_refuse(user, request=self.django_request, **options)

    def key_response(self, data: Any, status: int = status.HTTP_200_OK) -> Response:
        """An answer that carries a key is stored nowhere (RFC 6749 5.1)."""
        return Response(data, status=status, headers={"Cache-Control": "no-store"})

    def read(self, serializer: Any) -> Any:
        serializer.is_valid(raise_exception=True)
        return serializer
