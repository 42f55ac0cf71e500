"""The refusals of the views."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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

from .. import operations
from ..base_models import AbstractToken
from ..exceptions import Refused, TokenLimitReached

__all__ = [
    "LimitReached",
    "NoToken",
    "TooLarge",
    "as_refusal",
    "issue_or_refuse",
    "refusing",
]


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
    """Return the API exception for an exception that Django or a parser raises about a request."""
    # The JSON parser raises RecursionError for a body that is nested too deep.
    if isinstance(exc, (SuspiciousOperation, RecursionError)):
        return ParseError()
    if isinstance(exc, ValidationError) and isinstance(exc.detail, ReturnDict):
        # Drop the serializer: DRF's browsable page would show the posted values again.
        return ValidationError(dict(exc.detail))
    return exc


def issue_or_refuse(user: Any, **options: Any) -> AbstractToken:
    """Call ``operations.issue`` for a view.

    :raises LimitReached: 403 if the user has reached the limit of tokens.
    :raises AuthenticationFailed: 401 if the user was deleted, deactivated or given a new
        password after the authentication, or if the presented token no longer works.
    """
    with refusing():
        return operations.issue(user, **options)


@contextmanager
def refusing() -> Iterator[None]:
    """Convert exceptions of ``operations`` into the API exceptions of :func:`issue_or_refuse`."""
    try:
        yield
    except TokenLimitReached as error:
        raise LimitReached from error
    except Refused as error:
        raise AuthenticationFailed(code=error.code) from error
