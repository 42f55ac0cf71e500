"""Find authenticators, URLs and settings that name the old package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from ...checks.shared import path_of
from ...importers.sources import Source
from .common import Leftover, comes_from, is_theirs

__all__ = ["authenticators", "settings_of_the_old_package", "views"]

_OURS = {
    "token": "drf_token_auth.authentication.ExpiringTokenAuthentication",
    "bearer": "drf_token_auth.authentication.BearerTokenAuthentication",
}
_VIEWS = {
    "ObtainAuthToken": "LoginView",
    "LoginView": "LoginView",
    "LogoutView": "LogoutView",
    "LogoutAllView": "LogoutAllView",
}
_SETTINGS = {
    "REST_KNOX": (
        'DRF_TOKEN_AUTH = {"TTL": …}, with the value of TOKEN_TTL. If AUTO_REFRESH is True, also '
        'write "IDLE_TIMEOUT".'
    ),
    "KNOX_TOKEN_MODEL": "Remove it. DRF_TOKEN_AUTH_TOKEN_MODEL names a token model of your own.",
    "REST_DURIN": (
        'DRF_TOKEN_AUTH = {"TTL": …}, with the value of DEFAULT_TOKEN_TTL. If clients call '
        'refresh/, write "IDLE_TIMEOUT" instead.'
    ),
}


def authenticators(source: Source) -> Iterator[Leftover]:
    """Find old authenticators among the defaults and in the views."""
    default = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    for one in default:
        if comes_from(one, source):
            where = f'REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] names {path_of(one)}'
            yield Leftover(where, _instead_of(one, source))
    for _, view in _served():
        classes = getattr(view, "authentication_classes", ())
        if classes is APIView.authentication_classes or _inherits_authenticators(view, source):
            # The loop above reports the default list. views() reports views of the old package.
            continue
        for one in classes:
            if comes_from(one, source):
                where = f"{path_of(view)}.authentication_classes names {path_of(one)}"
                yield Leftover(where, _instead_of(one, source))


def _inherits_authenticators(view: type[Any], source: Source) -> bool:
    """Return whether a class of the old package lists the authenticators of this view."""
    declaring = next((one for one in view.__mro__ if "authentication_classes" in vars(one)), view)
    return is_theirs(declaring, source)


def _instead_of(one: Any, source: Source) -> str:
    keyword = str(_keyword_of(one, source))
    ours = _OURS.get(keyword.lower(), _OURS["token"])
    is_from_the_project = not (is_theirs(one, source) or path_of(one).startswith("rest_framework."))
    if not is_from_the_project and keyword.lower() in _OURS:
        return f'Write "{ours}" instead.'
    name = one.__name__ if is_from_the_project else "MyTokenAuthentication"
    module, _, base = ours.rpartition(".")
    body = "..." if keyword.lower() in _OURS else f"keyword = {keyword!r}"
    return f"from {module} import {base}\nclass {name}({base}):\n    {body}"


def _keyword_of(one: Any, source: Source) -> Any:
    """Return the keyword that stands before the key in the header."""
    if source.app in ("knox", "durin"):
        module = import_module(f"{source.app}.settings")
        return getattr(module, f"{source.app}_settings").AUTH_HEADER_PREFIX
    return getattr(one, "keyword", "Token")


def views(source: Source) -> Iterator[Leftover]:
    """Find views of the old package in the URLs, and views derived from them."""
    for route, view in _served():
        if not comes_from(view, source):
            continue
        base = next(one for one in view.__mro__ if is_theirs(one, source))
        ours = _VIEWS.get(base.__name__)
        if ours is None:
            write = "There is no such view in drf_token_auth. The guide says what to do instead."
        elif base is view:
            write = f"from drf_token_auth.views import {ours}\npath({route!r}, {ours}.as_view())"
        else:
            write = f"from drf_token_auth import views\nclass {view.__name__}(views.{ours}):"
        yield Leftover(f"The URL {route!r} is answered by {path_of(view)}", write)


def _served() -> list[tuple[str, type[Any]]]:
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: Iterable[Any], before: str) -> Iterator[tuple[str, type[Any]]]:
    for pattern in patterns:
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "cls", None)
            view = view or getattr(pattern.callback, "view_class", None)
            if view is not None:
                yield route, view


def settings_of_the_old_package(source: Source) -> Iterator[Leftover]:
    """Find the settings of the old package."""
    for name, write in _SETTINGS.items():
        if source.app.upper() in name and hasattr(settings, name):
            yield Leftover(f"The setting {name}", write)
