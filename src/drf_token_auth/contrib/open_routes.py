"""Serve another package's views so that an old key in the header does not close them.

DRF authenticates each request, also one that needs no user. An app that always sends its key would
then be refused at the login itself once the key has expired.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import URLPattern
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import AllowAny

from ..throttling import LoginAccountThrottle, LoginAddressThrottle
from ..views.parsers import PARSERS

__all__ = ["KeylessRoute", "LoginRoute", "PublicRoute", "serve"]


class KeylessRoute:
    """For a view that looks at no key. The project's other authenticators stay.

    They are needed: some of them check for CSRF, also at a login.
    """

    def get_authenticators(self) -> list[Any]:
        authenticators = super().get_authenticators()  # type: ignore[misc]
        return [one for one in authenticators if not isinstance(one, TokenAuthentication)]


class PublicRoute(KeylessRoute):
    """For a view that answers with a key: it takes what our login takes, and nothing stores it."""

    parser_classes: Any = PARSERS
    versioning_class: Any = None

    def finalize_response(self, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(*args, **kwargs)  # type: ignore[misc]
        # RFC 6749 5.1: the answer has a key.
        response.headers["Cache-Control"] = "no-store"
        return response


class LoginRoute(PublicRoute):
    """For a view that takes a password."""

    def get_throttles(self) -> list[Any]:
        """Add the limits of ``LOGIN_RATES`` to those of the project."""
        others = super().get_throttles()  # type: ignore[misc]
        return [LoginAddressThrottle(), LoginAccountThrottle(), *others]


def serve(urlpatterns: Iterable[Any], replaced: Mapping[Any, Any]) -> list[Any]:
    """Return the same routes. Replace some views, and let the public ones look at no key.

    :param replaced: the classes of views to replace, and their replacements.
    """
    return [_serve_one(pattern, replaced) for pattern in urlpatterns]


def _serve_one(pattern: Any, replaced: Mapping[Any, Any]) -> Any:
    stock = getattr(pattern.callback, "cls", None)
    view = replaced.get(stock)
    if view is not None:
        return URLPattern(pattern.pattern, view.as_view(), name=pattern.name)
    if stock is None or list(stock.permission_classes) != [AllowAny]:
        return pattern
    keyless: Any = type(stock.__name__, (KeylessRoute, stock), {"__doc__": stock.__doc__})
    callback = keyless.as_view(**pattern.callback.view_initkwargs)
    return URLPattern(pattern.pattern, callback, name=pattern.name)
