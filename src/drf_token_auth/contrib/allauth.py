"""allauth headless: ``TokenStrategy``, the class for ``HEADLESS_TOKEN_STRATEGY``."""

from __future__ import annotations

import math
from typing import Any

from allauth.account.signals import password_changed, password_set
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.headless.tokens.strategies.sessions import SessionTokenStrategy
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.dispatch import receiver
from django.utils import timezone
from rest_framework.exceptions import APIException

from .. import operations
from ..base_models import AbstractToken
from ..logins.devices import describe
from ..views.errors import refusing
from .session_tokens import tie, tied

__all__ = ["TokenStrategy"]


class TokenStrategy(SessionTokenStrategy):
    """Use sessions for allauth's own API, and a token for the project's API.

    The token is revoked when the session logs out.
    """

    def create_access_token_payload(self, request: Any) -> dict[str, Any]:
        """Return the values for ``meta``: the key and, if it expires, ``expires_in`` in seconds.

        RFC 6749 5.1 names these values.
        """
        token = self._token_of_this_login(request)
        payload: dict[str, Any] = {"access_token": token.key}
        if token.expires_at is not None:
            left = (token.expires_at - timezone.now()).total_seconds()
            payload["expires_in"] = math.floor(left)
        return payload

    def create_access_token(self, request: Any) -> str:
        return str(self.create_access_token_payload(request)["access_token"])

    def _token_of_this_login(self, request: Any) -> AbstractToken:
        """Return the token of this login. Issue it only once.

        In a login with a second factor, allauth asks for the token twice.
        """
        token: AbstractToken | None = getattr(request, "issued_token", None)
        if token is not None and token.user_id == request.user.pk:
            return token
        try:
            with refusing():
                name = self.get_name(request)
                token = operations.issue(request.user, request=request, name=name)
        except APIException as error:
            # Log out first. While the user is logged in, allauth asks for a token again when it
            # builds this answer.
            logout(request)
            refusal = ValidationError(str(error.detail), code=error.default_code)
            answer = ErrorResponse(request, exception=refusal, status=error.status_code)
            raise ImmediateHttpResponse(answer) from error
        tie(token, request)
        request.issued_token = token
        return token

    def get_name(self, request: Any) -> str:
        """Hook: return the device's name."""
        return describe(request.META.get("HTTP_USER_AGENT", ""))


@receiver([password_changed, password_set], dispatch_uid="drf_token_auth.keep_callers_token")
def keep_callers_token(request: Any, user: Any, **kwargs: Any) -> None:
    """Keep the caller's token, because allauth keeps the caller's session.

    With ``ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE``, allauth logs the session out before it sends this
    signal. Then the logout has already revoked the token.
    """
    token = tied(request, user)
    if token is not None:
        operations.keep_through_change(user, token, request=request)
