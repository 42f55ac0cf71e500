"""Log in and out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.exceptions import ImproperlyConfigured
from django.db import router
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.settings import api_settings

from .. import get_token_model, operations
from ..base_models import AbstractToken
from ..exceptions import Refused
from ..logins.account_name import account_name
from ..logins.devices import describe
from ..logs.refused_logins import log_refused_login
from ..managers import all_rows
from ..rows.locking import locking_transaction
from ..serializers import (
    TokenLoggedInSerializer,
    TokenLoginSerializer,
    TokenLogoutSerializer,
    TokenNothingSerializer,
)
from ..serializers.login import WRONG_CREDENTIALS
from ..throttling import LoginAccountThrottle, LoginAddressThrottle
from .base import KeylessView, TokenView


class LoginView(KeylessView):
    """Log in with a name and a password, and return a new token."""

    serializer_class = TokenLoginSerializer

    def get_throttles(self) -> list[Any]:
        return [LoginAddressThrottle(), LoginAccountThrottle(), *super().get_throttles()]

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        try:
            token = self._log_in()
        except Refused:
            # The user was changed while the password was checked. Check it again.
            try:
                token = self._log_in()
            except Refused as error:
                # The user was changed again, or a replica that lags behind has the old password.
                refused = {api_settings.NON_FIELD_ERRORS_KEY: [WRONG_CREDENTIALS]}
                raise ValidationError(refused, code="authorization") from error
        return Response(self.get_response_data(token))

    def _log_in(self) -> AbstractToken:
        serializer = self.get_serializer(data=self.request.data)
        try:
            self.read(serializer)
        except ValidationError:
            log_refused_login(self.request, serializer)
            raise
        data = serializer.validated_data
        if not isinstance(data, Mapping) or "user" not in data:
            raise ImproperlyConfigured(
                f"{type(serializer).__name__}.validate() must return a dict that contains the "
                'user, because LoginView reads serializer.validated_data["user"]. Write '
                'attrs["user"] = user, then return attrs.'
            )
        return self.issue_token(data["user"], dict(data))

    def issue_token(self, user: Any, data: dict[str, Any]) -> AbstractToken:
        """Make the login token and send ``user_logged_in`` in one transaction.

        :param data: the validated data of the serializer. Its ``name`` names the device.
        :raises TokenLimitReached, Refused: as :meth:`issue`.
        :raises ImproperlyConfigured: a receiver of the signal revoked the token.
        """
        using = router.db_for_write(get_token_model())
        with locking_transaction(using=using):
            token = self.issue(
                user,
                name=data.get("name") or self.get_name(self.request),
                scopes=self.get_scopes(self.request, user),
                ttl=self.get_ttl(self.request, user),
            )
            user_logged_in.send(sender=user.__class__, request=self.django_request, user=user)
            if not all_rows(type(token), using).filter(pk=token.pk).exists():
                raise ImproperlyConfigured(
                    "A receiver of user_logged_in revoked the token of this login, so its key "
                    "would never work. If each user may have one token only, delete the receiver "
                    'and write DRF_TOKEN_AUTH = {"MAX_TOKENS_PER_USER": 1}.'
                )
        return token

    def get_account_name(self, request: Any) -> str | None:
        """Hook: return the name that ``LOGIN_RATES["account"]`` counts, or None to count none."""
        return account_name(request.data)

    def get_ttl(self, request: Any, user: Any) -> timedelta | Any | None:
        """Hook: return a timedelta, None for no expiry, or ``operations.DEFAULT`` for ``TTL``."""
        return operations.DEFAULT

    def get_name(self, request: Any) -> str:
        """Hook: return the device's name for a client that sent no ``name``."""
        return describe(request.META.get("HTTP_USER_AGENT", ""))

    def get_scopes(self, request: Any, user: Any) -> Any:
        """Hook: return a list of scopes, or None for all that the user may do."""
        return None

    def get_response_data(self, token: AbstractToken) -> dict[str, Any]:
        """Hook: return the body of the answer, a dict with the key in ``token``."""
        return dict(TokenLoggedInSerializer(token, context=self.get_serializer_context()).data)


class LogoutView(TokenView):
    """Revoke the presented token, and no other."""

    serializer_class: Any = TokenNothingSerializer

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        operations.revoke(
            self.get_token(), reason="logout", request=self.django_request, actor=request.user
        )
        return self.logged_out()

    def logged_out(self) -> Response:
        """Send ``user_logged_out``, and return the answer 204. Errors of receivers are logged."""
        user = self.request.user
        # The user of a session is lazy: its type is not the user model, but its __class__ is.
        sender = user.__class__
        user_logged_out.send_robust(sender=sender, request=self.django_request, user=user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LogoutAllView(LogoutView):
    """Revoke all login tokens of the user and, if the body says so, the personal ones.

    The request may also be authenticated by a session.
    """

    serializer_class = TokenLogoutSerializer
    reason = "logout_all"
    keeps_caller = False

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        # Treat a body that is no object as empty.
        data = request.data if isinstance(request.data, Mapping) else {}
        serializer = self.read(self.get_serializer(data=data))
        with self._checked_again():
            operations.revoke_all(
                request.user,
                reason=self.reason,
                kinds=serializer.kinds,
                keep=self._presented if self.keeps_caller else None,
                request=self.django_request,
                actor=request.user,
            )
        # A caller whose token is kept stays logged in, so no signal says otherwise.
        if self.keeps_caller:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return self.logged_out()


class LogoutOthersView(LogoutAllView):
    """Do what :class:`LogoutAllView` does, but keep the presented token."""

    reason = "others"
    keeps_caller = True
