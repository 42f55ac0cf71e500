"""The function and the classes for the settings of dj-rest-auth.

The routes are in ``urls``, ``registration`` and ``mfa``.
"""

from __future__ import annotations

from typing import Any

from dj_rest_auth import serializers as stock
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from rest_framework import serializers

from ... import operations
from ...base_models import AbstractToken
from ..session_tokens import tie, tied

__all__ = ["PasswordChangeSerializer", "TokenSerializer", "create_token"]


def create_token(token_model: Any, user: Any, serializer: Any) -> AbstractToken:
    """Make a new token for each login. This is the function for ``TOKEN_CREATOR``.

    :param token_model: not used. The token model of this package is used.
    :param serializer: its context has the request.
    :returns: the token. Its ``.key`` is readable.
    :raises APIException: 403 if the user has reached the limit of tokens. 401 if the user was
        deleted, deactivated or given a new password after the password was checked.
    """
    from ...views.errors import refusing

    request = serializer.context.get("request")
    with refusing():
        token = operations.issue(user, request=getattr(request, "_request", request))
    # The registration ignores the return value, so keep the token on the user.
    user.issued_token = token
    return token


@receiver(user_logged_in, dispatch_uid="drf_token_auth.tie_to_its_session")
def tie_to_its_session(request: Any, user: Any, **kwargs: Any) -> None:
    """Tie the token to the session.

    A registration starts the session after the token was made. So does a login with
    ``SESSION_LOGIN``.
    """
    token = getattr(user, "issued_token", None)
    if token is not None:
        tie(token, request)


class TokenSerializer(serializers.Serializer[Any]):
    """Answer a login with the key and the expiry. This is the class for ``TOKEN_SERIALIZER``."""

    key = serializers.CharField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True, allow_null=True)


class PasswordChangeSerializer(stock.PasswordChangeSerializer):
    """Change the password. Keep the user logged in, unless LOGOUT_ON_PASSWORD_CHANGE is True.

    This is the class for ``PASSWORD_CHANGE_SERIALIZER``.
    """

    def save(self) -> None:
        if self.logout_on_password_change:
            super().save()
            return
        token = self.request.auth
        if not isinstance(token, AbstractToken):
            # Keep the token of the session, if there is a session.
            token = tied(self.request, self.user)
        with operations.changing_password(self.user, keep=token, request=self.request):
            super().save()
