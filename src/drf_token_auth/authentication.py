"""The authenticators: DRF's ``TokenAuthentication`` with a hashed, expiring, revocable token."""

from __future__ import annotations

from collections.abc import Sequence
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
from .refused_requests import log_foreign_header, log_missing_header, log_refusal
from .throttling import FailedKeyThrottle

__all__ = ["BearerTokenAuthentication", "ExpiringTokenAuthentication", "TokenAuthentication"]

_REFUSED_BY = "_drf_token_auth_refused_by"

# One text for all reasons behind a code, so that a client learns nothing about a guessed key.
_TEXTS = {
    "invalid_token": _("Invalid token."),
    "token_expired": _("The token has expired."),
    "user_inactive": _("User inactive or deleted."),
}


class ExpiringTokenAuthentication(DRFTokenAuthentication):
    """Authenticate ``Authorization: Token <key>`` in one query.

    Subclasses override what they would override in DRF's class: ``keyword`` (a word or a list of
    words), ``model``, ``get_model``, ``authenticate_credentials(key)``. Two more hooks are
    ``get_credentials(request)``, to read another header, and ``get_queryset()``, to look among
    fewer tokens or to join more than the user. A plain ``HttpRequest`` will do.
    """

    keyword: str | Sequence[str] = "Token"  # type: ignore[assignment]
    www_authenticate_realm = "api"
    # False in a view that shows a token and must not extend it.
    records_use = True
    request: Any = None

    def get_model(self) -> type[models.Model]:
        return self.model or get_token_model()

    def get_queryset(self) -> models.QuerySet[Any] | None:
        """Hook: return the tokens to look among, or None for all of them (the fastest)."""
        return None

    def get_credentials(self, request: Any) -> tuple[str, str]:
        """Hook: return the scheme word and the key, or two empty texts if the request has none.

        To read another header, return ``(self.keywords[0], key)`` if it is there.
        """
        # META and not headers, which parses all of them first.
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if isinstance(header, bytes):
            header = header.decode("latin-1")
        # Spaces and tabs separate, nothing else (RFC 9110 5.6.3).
        scheme, _, credentials = header.replace("\t", " ").strip(" ").partition(" ")
        return scheme, keys.HiddenText(credentials.lstrip(" "))

    @property
    def keywords(self) -> Sequence[str]:
        return [self.keyword] if isinstance(self.keyword, str) else self.keyword

    # In reports of errors this also hides the variables of all functions called from here.
    @sensitive_variables()
    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        """Return the user and the token, or None if the credentials are not for this class.

        :raises AuthenticationFailed: 401, with the code ``invalid_token``, ``token_expired`` or
            ``user_inactive``.
        :raises Throttled: 429, where ``FAILED_KEY_RATE`` is set and exceeded.
        """
        scheme, credentials = self.get_credentials(request)
        if not self._takes(scheme):
            if scheme and not _is_taken_by_another(request, scheme):
                log_foreign_header(request, scheme, credentials, self.keywords)
            return None
        throttle = None if get_settings().FAILED_KEY_RATE is None else FailedKeyThrottle()
        if throttle is not None:
            throttle.before(request)
        try:
            return self._authenticate_presented(request, keys.hidden(credentials))
        except AuthenticationFailed:
            # DRF asks its first authenticator for the challenge, which may be another one.
            setattr(request, _REFUSED_BY, self)
            if throttle is not None:
                throttle.after_failure(request)
            raise

    def _authenticate_presented(self, request: Any, key: str) -> tuple[Any, Any] | None:
        self.request = request
        if not key or " " in key:
            raise self._refusal(MalformedKey(), key)
        try:
            return self.authenticate_credentials(key)
        except AuthenticationFailed as failure:
            if isinstance(failure.__cause__, (MalformedKey, UnknownKey)) and _is_foreign(key):
                return None
            raise

    @sensitive_variables()
    def authenticate_credentials(self, key: str | bytes) -> tuple[Any, Any]:
        """Return the user and the token of a key, without a request (websockets, tasks).

        :raises AuthenticationFailed: as :meth:`authenticate`.
        """
        key = keys.hidden(key.decode("latin-1") if isinstance(key, bytes) else key)
        model = self.get_model()
        try:
            if not issubclass(model, AbstractToken):
                # A project's own token model with a plaintext ``key``, as DRF documents it.
                return super().authenticate_credentials(str(keys.require_presentable(key)))
            token = lookup.authenticate(
                model,
                key,
                queryset=self.get_queryset(),
                record_use=self.records_use,
                request=self.request,
            )
        except Refused as reason:
            raise self._refusal(reason, key) from reason
        return token.user, token

    def _refusal(self, reason: Refused, key: str) -> AuthenticationFailed:
        log_refusal(reason, key, request=self.request)
        return AuthenticationFailed(_TEXTS[reason.code], code=reason.code)

    def authenticate_header(self, request: Any) -> str:
        """Return the challenge of RFC 6750 section 3. ``error`` is in it if a key was presented."""
        refusing = getattr(request, _REFUSED_BY, self)
        if refusing is not self:
            return str(refusing.authenticate_header(request))
        challenge = f'{self.keyword_of(request)} realm="{self.www_authenticate_realm}"'
        scheme, _ = self.get_credentials(request)
        if self._takes(scheme):
            return f'{challenge}, error="invalid_token"'
        if not _is_taken_by_another(request, scheme):
            log_missing_header(request, scheme, self.keywords)
        return challenge

    def keyword_of(self, request: Any) -> str:
        """Return the keyword that the request came with, else the first."""
        scheme = self.get_credentials(request)[0].lower()
        return next((one for one in self.keywords if one.lower() == scheme), self.keywords[0])

    def _takes(self, scheme: str) -> bool:
        scheme = scheme.lower()
        return any(scheme == one.lower() for one in self.keywords)


def _is_taken_by_another(request: Any, scheme: str) -> bool:
    """Whether another authenticator of the view answers to this word."""
    for one in getattr(request, "authenticators", None) or ():
        words = getattr(one, "keyword", None) or ("Basic" if "Basic" in type(one).__name__ else "")
        words = [words] if isinstance(words, str) else words
        if scheme.lower() in [str(word).lower() for word in words]:
            return True
    return False


def _is_foreign(key: str) -> bool:
    """Whether a key that is not found is left to the next authenticator."""
    conf = get_settings()
    return conf.UNKNOWN_KEYS == "pass" and not key.startswith(conf.PREFIX)


class BearerTokenAuthentication(ExpiringTokenAuthentication):
    """Authenticate ``Authorization: Bearer <key>`` (RFC 6750 2.1)."""

    keyword = "Bearer"


# DRF's name, for code that only changes the path of the module.
TokenAuthentication = ExpiringTokenAuthentication
