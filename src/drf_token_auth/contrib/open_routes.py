"""Serve another package's public views even if the request has an old key in its header.

DRF authenticates every request, even if the view needs no user. Without this module, an app that
always sends its key could not log in again after its token has expired.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from django.contrib.auth import get_user_model
from django.db import router
from django.urls import URLPattern
from django.utils.decorators import method_decorator
from django.utils.functional import classproperty
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from rest_framework.authentication import TokenAuthentication
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer, TemplateHTMLRenderer
from rest_framework.settings import api_settings

from .. import get_token_model
from ..logins.account_name import account_name
from ..rows.locking import locking_transaction
from ..throttling import LoginAccountThrottle, LoginAddressThrottle
from ..views.errors import as_refusal
from ..views.parsers import PARSERS

__all__ = ["JSONRoute", "KeylessRoute", "LoginRoute", "PublicRoute", "all_or_nothing", "serve"]


class JSONRoute:
    """Mixin for a view that answers with JSON, unless the client accepts only another media type.

    The answer uses the project's own JSON renderer, if it has one. ``TemplateHTMLRenderer`` is left
    out, because the view names no template.
    """

    content_negotiation_class: Any = DefaultContentNegotiation

    @classproperty
    def renderer_classes(cls) -> Sequence[Any]:
        defaults: Any = api_settings.DEFAULT_RENDERER_CLASSES
        usable = [one for one in defaults if not issubclass(one, TemplateHTMLRenderer)]
        json = [one for one in usable if one.media_type == JSONRenderer.media_type]
        others = [one for one in usable if one not in json]
        return (*(json or [JSONRenderer]), *others)


class KeylessRoute(JSONRoute):
    """Mixin for a view that ignores keys. It keeps the project's other authenticators.

    Some of those check for CSRF, and a login needs that check too. No answer repeats a posted
    password. A body that cannot be read gets the answer 400.
    """

    # Error reports must hide the posted data, such as the password of a registration.
    @method_decorator(sensitive_post_parameters())
    @sensitive_variables()
    def dispatch(self, *args: Any, **kwargs: Any) -> Any:
        return super().dispatch(*args, **kwargs)  # type: ignore[misc]

    def get_authenticators(self) -> list[Any]:
        authenticators = super().get_authenticators()  # type: ignore[misc]
        return [one for one in authenticators if not isinstance(one, TokenAuthentication)]

    def handle_exception(self, exc: Exception) -> Any:
        return super().handle_exception(as_refusal(exc))  # type: ignore[misc]


class PublicRoute(KeylessRoute):
    """Mixin for a view that answers with a key.

    It reads the same media types as this package's login, and no cache stores its answer.
    """

    parser_classes: Any = PARSERS
    versioning_class: Any = None

    def finalize_response(self, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(*args, **kwargs)  # type: ignore[misc]
        # The answer has a key, so no cache may store it (RFC 6749 5.1).
        response.headers["Cache-Control"] = "no-store"
        return response


class LoginRoute(PublicRoute):
    """Mixin for a login with a password or a second factor. ``LOGIN_RATES`` limit the guesses."""

    # The fields of the body that can name the account, in addition to username and USERNAME_FIELD.
    account_fields: Sequence[str] = ("email",)

    def get_account_names(self, request: Any) -> Iterable[str | None]:
        """Return all names in the body, because the login may use any of them. Some may be None."""
        own = get_user_model().USERNAME_FIELD
        fields = {"username", own, *self.account_fields}
        return [account_name(request.data, field) for field in fields]

    def get_throttles(self) -> list[Any]:
        """Add the limits of ``LOGIN_RATES`` to the project's throttles."""
        others = super().get_throttles()  # type: ignore[misc]
        return [LoginAddressThrottle(), NamesThrottle(), *others]


class NamesThrottle(LoginAccountThrottle):
    """Count the attempt for every name that ``view.get_account_names()`` returns.

    A name is a user name or an e-mail address.
    """

    takes_emails = True

    def names(self, request: Any, view: Any) -> Iterable[str | None]:
        names: Iterable[str | None] = view.get_account_names(request)
        return names


def all_or_nothing() -> AbstractContextManager[None]:
    """Open a transaction. If a receiver of a login or logout signal raises, no token is changed."""
    return locking_transaction(using=router.db_for_write(get_token_model()))


def serve(urlpatterns: Iterable[Any], replaced: Mapping[Any, Any]) -> list[Any]:
    """Return the same routes with some views replaced.

    Each API view answers with JSON, and each public API view ignores keys. Plain Django views stay
    as they are.

    :param replaced: a mapping from a view class to the class that takes its place.
    """
    return [_serve_one(pattern, replaced) for pattern in urlpatterns]


def _serve_one(pattern: Any, replaced: Mapping[Any, Any]) -> Any:
    stock = getattr(pattern.callback, "cls", None)
    view = replaced.get(stock)
    if view is not None:
        return URLPattern(pattern.pattern, view.as_view(), name=pattern.name)
    if stock is None:
        return pattern
    is_public = list(stock.permission_classes) == [AllowAny]
    mixin = KeylessRoute if is_public else JSONRoute
    mixed: Any = type(stock.__name__, (mixin, stock), {"__doc__": stock.__doc__})
    callback = mixed.as_view(**pattern.callback.view_initkwargs)
    return URLPattern(pattern.pattern, callback, name=pattern.name)
