"""Authenticators like DRF's ``TokenAuthentication``, for hashed keys and tokens that expire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from rest_framework.authentication import BasicAuthentication
from rest_framework.authentication import TokenAuthentication as DRFTokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from . import get_token_model, keys, lookup
from .base_models import AbstractToken
from .conf import get_settings
from .exceptions import MalformedKey, Refused, UnknownKey
from .logs.refused_requests import log_foreign_header, log_missing_header, log_refusal
from .throttling import counting_refused_keys

__all__ = ["BearerTokenAuthentication", "ExpiringTokenAuthentication", "TokenAuthentication"]

_REFUSED_BY = "_drf_token_auth_refused_by"

# All reasons with the same code also have the same text, so a client cannot tell them apart.
_TEXTS = {
    "invalid_token": _("Invalid token."),
    "token_expired": _("The token has expired."),
    "user_inactive": _("User inactive or deleted."),
}


class ExpiringTokenAuthentication(DRFTokenAuthentication):
    """Authenticate ``Authorization: Token <key>`` in one query.

    Subclasses can override the same names as in DRF's class: ``keyword`` (a word or a list of
    words), ``model``, ``get_model`` and ``authenticate_credentials(key)``. There are two more
    hooks. Override ``get_credentials(request)`` to read another header. Override ``get_queryset()``
    to restrict the tokens, or to join more than the user. ``authenticate`` also accepts a plain
    ``HttpRequest``.
    """

    keyword: str | Sequence[str] = "Token"  # type: ignore[assignment]
    www_authenticate_realm = "api"
    # Set this to False on the authenticator of a view that shows a token and must not extend it.
    records_use = True
    request: Any = None

    def get_model(self) -> type[models.Model]:
        """Hook: return ``model`` of the class or, if that is None, the token model in use."""
        return self.model or get_token_model()

    def get_queryset(self) -> models.QuerySet[Any] | None:
        """Hook: return the tokens to search, or None for all of them, which is the fastest."""
        return None

    def get_credentials(self, request: Any) -> tuple[str, str]:
        """Hook: return the keyword and the key, or two empty texts if there is no such header.

        A key in the URL or in the body is not read (RFC 6750 2 and 2.3).
        To read another header, return ``(self.keywords[0], key)`` if the request has it.
        """
        # Read META, because request.headers would parse all headers first.
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if isinstance(header, bytes):
            header = header.decode("latin-1")
        # Only spaces and tabs separate the parts (RFC 9110 5.6.3).
        scheme, _, credentials = header.replace("\t", " ").strip(" ").partition(" ")
        return scheme, keys.HiddenText(credentials.lstrip(" "))

    @property
    def keywords(self) -> Sequence[str]:
        """Return the keywords. Requests may write them in any case (RFC 9110 11.1)."""
        return [self.keyword] if isinstance(self.keyword, str) else self.keyword

    # With this decorator, error reports hide the variables of this method and of all functions that
    # it calls.
    @sensitive_variables()
    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        """Return the user and the token, or None to let DRF ask the next authenticator.

        :param request: a request of DRF or Django.
        :returns: None if the header does not begin with a keyword of this class. With
            ``UNKNOWN_KEYS = "pass"``, also None for an unknown key that lacks ``PREFIX``.
        :raises AuthenticationFailed: 401, with the code ``invalid_token``, ``token_expired`` or
            ``user_inactive`` (RFC 6750 3.1).
        :raises Throttled: 429, if ``FAILED_KEY_RATE`` is set and exceeded.
        """
        scheme, credentials = self.get_credentials(request)
        if not self._takes(scheme):
            if scheme and not _is_taken_by_another(request, scheme):
                log_foreign_header(request, scheme, credentials, self.keywords)
            return None
        with counting_refused_keys(request):
            return self._authenticate_presented(request, keys.hidden(credentials))

    def _authenticate_presented(self, request: Any, key: str) -> tuple[Any, Any] | None:
        self.request = request
        try:
            if not key or " " in key:
                reason = MalformedKey()
                raise self._refusal(reason, key) from reason
            return self.authenticate_credentials(key)
        except AuthenticationFailed as failure:
            if isinstance(failure.__cause__, (MalformedKey, UnknownKey)) and _is_foreign(key):
                return None
            # DRF asks the view's first authenticator for the challenge. That may be another one.
            setattr(request, _REFUSED_BY, self)
            raise

    @sensitive_variables()
    def authenticate_credentials(self, key: str | bytes) -> tuple[Any, Any]:
        """Return the user and the token of a key.

        This needs no request, so code for websockets can call it.
        :param key: text or ASCII bytes.
        :raises AuthenticationFailed: the same as :meth:`authenticate`.
        """
        # Replace the argument itself, because an error report shows it.
        key = keys.hidden(key.decode("latin-1") if isinstance(key, bytes) else key)
        model = self.get_model()
        try:
            if not issubclass(model, AbstractToken):
                # The model is not derived from ours. Let DRF look up its plaintext ``key``, because
                # DRF's documentation describes such models.
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
        log_refusal(reason, key, self.request)
        return AuthenticationFailed(_TEXTS[reason.code], code=reason.code)

    def authenticate_header(self, request: Any) -> str:
        """Return the challenge (RFC 6750 3). It has ``error`` if the request has our keyword."""
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
        """Return the keyword of this class that the request has, or the first keyword."""
        scheme = self.get_credentials(request)[0].lower()
        return next((one for one in self.keywords if one.lower() == scheme), self.keywords[0])

    def _takes(self, scheme: str) -> bool:
        return scheme.lower() in [one.lower() for one in self.keywords]


def _is_taken_by_another(request: Any, scheme: str) -> bool:
    """Return whether another authenticator of the view reads this keyword."""
    for one in getattr(request, "authenticators", ()):
        words = getattr(one, "keyword", None) or ()
        if isinstance(one, BasicAuthentication):
            words = "Basic"
        words = [words] if isinstance(words, str) else words
        if scheme.lower() in [str(word).lower() for word in words]:
            return True
    return False


def _is_foreign(key: str) -> bool:
    """Return whether an unknown key may belong to the next authenticator."""
    conf = get_settings()
    return conf.UNKNOWN_KEYS == "pass" and not key.startswith(conf.PREFIX)


class BearerTokenAuthentication(ExpiringTokenAuthentication):
    """Authenticate ``Authorization: Bearer <key>`` (RFC 6750 2.1)."""

    keyword = "Bearer"


# DRF's name, so that a project only has to change the module in its imports.
TokenAuthentication = ExpiringTokenAuthentication
