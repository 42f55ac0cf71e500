"""The refusals of the views."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import SuspiciousOperation
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    ParseError,
    ValidationError,
)
from rest_framework.utils.serializer_helpers import ReturnDict

from ..exceptions import Refused, TokenLimitReached


class NoToken(APIException):
    """The request is authenticated, but not by a token of this package."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("This request was not made with a token.")
    default_code = "no_token"


class LimitReached(APIException):
    status_code = status.HTTP_403_FORBIDDEN
    default_detail = _("You have reached the limit of tokens. Revoke one of them first.")
    default_code = TokenLimitReached.code


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The request is too large.")
    default_code = "too_large"


def as_refusal(exc: Exception) -> Exception:
    """Return the API exception for an exception of an operation, of Django or of a parser.

    :returns: 403 if the user has reached the limit of tokens. 401 if the user was deleted,
        deactivated or given a new password after the authentication, or if the presented token no
        longer works. 400 for a request that cannot be read. Any other exception stays as it is.
    """
    if isinstance(exc, TokenLimitReached):
        return LimitReached()
    if isinstance(exc, Refused):
        return AuthenticationFailed(code=exc.code)
    # The JSON parser raises RecursionError for a body that is nested too deep.
    if isinstance(exc, (SuspiciousOperation, RecursionError)):
        return ParseError()
    if isinstance(exc, ValidationError) and isinstance(exc.detail, ReturnDict):
        # Drop the serializer: DRF's browsable page would show the posted values again.
        return ValidationError(dict(exc.detail))
    return exc


@contextmanager
def refusing() -> Iterator[None]:
    """Raise API exceptions for the errors of an operation, in the view of another package."""
    try:
        yield
    except (TokenLimitReached, Refused) as error:
        raise as_refusal(error) from error
