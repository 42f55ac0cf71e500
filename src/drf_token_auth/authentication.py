"""The authenticators: DRF's ``TokenAuthentication`` with a hashed, expiring, revocable token."""

from __future__ import annotations

import logging
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from rest_framework.authentication import TokenAuthentication as DRFTokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from . import get_token_model, keys, lookup
from .base_models import AbstractToken
from .conf import get_settings
from .exceptions import MalformedKey, Refused, UnknownKey
from .throttling import FailedKeyThrottle

__all__ = ["BearerTokenAuthentication", "ExpiringTokenAuthentication", "TokenAuthentication"]

logger = logging.getLogger("drf_token_auth")

_REFUSED_BY = "_drf_token_auth_refused_by"

# One text for every reason behind a code: a client learns nothing of what was wrong with a guess.
_TEXTS = {
    "invalid_token": _("Invalid token."),
    "token_expired": _("The token has expired."),
    "user_inactive": _("User inactive or deleted."),
}


def _refusal(reason: Refused) -> AuthenticationFailed:
    logger.debug("a key is refused: %s", type(reason).__name__)
    return AuthenticationFailed(_TEXTS[reason.code], code=reason.code)


class ExpiringTokenAuthentication(DRFTokenAuthentication):
    """``Authorization: Token <key>``, checked in one query.

    Subclasses override what they would on DRF's: ``keyword``, ``model``, ``get_model``,
    ``authenticate_credentials(key)``; and ``get_queryset()``, to look elsewhere than among all
    tokens or to join more than the user. A request needs no more than ``META``.
    """

    www_authenticate_realm = "api"
    # False in a view that reports on a token and must not extend it.
    records_use = True
    request: Any = None

    def get_model(self) -> type[models.Model]:
        return self.model or get_token_model()

    def get_queryset(self) -> models.QuerySet[Any] | None:
        """Where to look, through the ORM; None: among all tokens, by the prepared statement."""
        return None

    # Hides the variables of whatever is called from here as well, in reports of errors.
    @sensitive_variables()
    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        """The user and the token; None if the header is not ours to answer.

        :raises AuthenticationFailed: 401, with the code ``invalid_token``, ``token_expired`` or
            ``user_inactive``.
        :raises Throttled: 429, where ``FAILED_KEY_RATE`` is set and exceeded.
        """
        scheme, credentials = _authorization(request)
        if scheme.lower() != self.keyword.lower():
            return None
        throttle = None if get_settings().FAILED_KEY_RATE is None else FailedKeyThrottle()
        if throttle is not None:
            throttle.before(request)
        try:
            return self._authenticate_presented(request, credentials)
        except AuthenticationFailed:
            # DRF asks its first authenticator for the challenge, and that may be another.
            setattr(request, _REFUSED_BY, self)
            if throttle is not None:
                throttle.after_failure(request)
            raise

    def _authenticate_presented(self, request: Any, key: str) -> tuple[Any, Any] | None:
        if not key or " " in key:
            raise _refusal(MalformedKey())
        self.request = request
        try:
            return self.authenticate_credentials(key)
        except AuthenticationFailed as failure:
            if isinstance(failure.__cause__, (MalformedKey, UnknownKey)) and _is_foreign(key):
                return None
            raise

    @sensitive_variables()
    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        """The user and the token of a key, without a request (websockets, tasks).

        :raises AuthenticationFailed: as :meth:`authenticate`.
        """
        key = keys.hidden(key)
        model = self.get_model()
        try:
            if not issubclass(model, AbstractToken):
                # A token model of the project's own, with a plaintext ``key``, as DRF documents.
                return super().authenticate_credentials(str(keys.require_presentable(key)))
            token = lookup.authenticate(
                model,
                key,
                queryset=self.get_queryset(),
                record_use=self.records_use,
                request=self.request,
            )
        except Refused as reason:
            raise _refusal(reason) from reason
        return token.user, token

    def authenticate_header(self, request: Any) -> str:
        """The challenge of RFC 6750 section 3: ``error`` only where credentials were presented."""
        refusing = getattr(request, _REFUSED_BY, self)
        if refusing is not self:
            return str(refusing.authenticate_header(request))
        challenge = f'{self.keyword} realm="{self.www_authenticate_realm}"'
        if _authorization(request)[0].lower() == self.keyword.lower():
            challenge += ', error="invalid_token"'
        return challenge


def _authorization(request: Any) -> tuple[str, str]:
    """The scheme and what follows it; spaces and tabs separate, nothing else (RFC 9110 5.6.3)."""
    # META, not headers: the latter parses all of them first.
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if isinstance(header, bytes):
        header = header.decode("latin-1")
    scheme, _, credentials = header.replace("\t", " ").strip(" ").partition(" ")
    return scheme, keys.HiddenText(credentials.lstrip(" "))


def _is_foreign(key: str) -> bool:
    """Whether a key that is not found is the next authenticator's to answer."""
    conf = get_settings()
    return conf.UNKNOWN_KEYS == "pass" and not key.startswith(conf.PREFIX)


class BearerTokenAuthentication(ExpiringTokenAuthentication):
    """``Authorization: Bearer <key>`` (RFC 6750 2.1)."""

    keyword = "Bearer"


# By DRF's name, for code of which only the module's path is changed.
TokenAuthentication = ExpiringTokenAuthentication
