"""allauth headless: name ``drf_token_auth.contrib.allauth.TokenStrategy`` in its settings."""

from __future__ import annotations

import math
from typing import Any

from allauth.account.signals import password_changed
from allauth.headless.tokens.strategies.sessions import SessionTokenStrategy
from django.dispatch import receiver
from django.utils import timezone

from .. import operations
from .sessions import tie, tied

__all__ = ["TokenStrategy"]


class TokenStrategy(SessionTokenStrategy):
    """Sessions for allauth's own API; for the project's a token, which ends with the session."""

    def create_access_token_payload(self, request: Any) -> dict[str, Any]:
        """What the client finds in ``meta``; ``expires_in`` as RFC 6749 5.1 has it."""
        token = operations.issue(request.user, request=request, name=self.get_name(request))
        tie(token, request)
        payload: dict[str, Any] = {"access_token": token.key}
        if token.expires_at is not None:
            left = (token.expires_at - timezone.now()).total_seconds()
            payload["expires_in"] = math.floor(left)
        return payload

    def create_access_token(self, request: Any) -> str:
        return str(self.create_access_token_payload(request)["access_token"])

    def get_name(self, request: Any) -> str:
        """Hook: what to call the device."""
        return str(request.META.get("HTTP_USER_AGENT", ""))


@receiver(password_changed, dispatch_uid="drf_token_auth.keep_who_changed_the_password")
def keep_who_changed_the_password(request: Any, user: Any, **kwargs: Any) -> None:
    """As allauth keeps the session, unless ``ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE`` has ended both."""
    token = tied(request, user)
    if token is not None:
        token.rebind(user)
