"""What ``manage.py check`` says of a neighbour that would fail at its users' second login."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.module_loading import import_string

from ..authentication import ExpiringTokenAuthentication
from ..base_models import AbstractToken

__all__: list[str] = []

APP = "drf_token_auth"


def _is(named: Any, wanted: str | type[Any]) -> bool:
    """Whether a dotted path names a class or one derived from it."""
    try:
        found, base = (
            import_string(one) if isinstance(one, str) else one for one in (named, wanted)
        )
    except ImportError:
        return False
    return isinstance(found, type) and issubclass(found, base)


def _is_ours(token_model: Any) -> bool:
    """Whether a dotted path names a token model of ours."""
    return _is(token_model, AbstractToken)


@register(Tags.compatibility)
def check_djoser(**kwargs: Any) -> list[CheckMessage]:
    """E009: djoser would look for the key of a token that was made before, or end none of ours."""
    if not apps.is_installed("djoser"):
        return []
    named = (getattr(settings, "DJOSER", None) or {}).get("TOKEN_MODEL", _DRFS_TOKEN)
    if _is_ours(named):
        harm = f"is {named!r}: the second login of a user would fail, as a key can't be shown twice"
    elif not _is(named, _FACADE) and _djosers_logout_takes_ours():
        harm = f"is {named!r}: its logout answers 204 to our tokens, and they go on working"
    else:
        return []
    return [
        Error(
            f'DJOSER["TOKEN_MODEL"] {harm}.',
            hint=f'DJOSER["TOKEN_MODEL"] = "{_FACADE}", whichever token model is in use.',
            id=f"{APP}.E009",
        )
    ]


_FACADE = "drf_token_auth.contrib.djoser.TokenModel"
_DRFS_TOKEN = "rest_framework.authtoken.models.Token"


def _djosers_logout_takes_ours() -> bool:
    if not getattr(settings, "ROOT_URLCONF", None):
        return False
    from djoser.views import TokenDestroyView

    served = _served(get_resolver().url_patterns)
    return any(issubclass(view, TokenDestroyView) and _takes_ours(view) for view in served)


@register(Tags.compatibility)
def check_dj_rest_auth(**kwargs: Any) -> list[CheckMessage]:
    """E010: as E009, for dj-rest-auth. E011: its own logout, which would end nothing."""
    rest_auth = getattr(settings, "REST_AUTH", None) or {}
    if not apps.is_installed("dj_rest_auth") or rest_auth.get("USE_JWT"):
        return []
    named = rest_auth.get("TOKEN_MODEL")
    creator = rest_auth.get("TOKEN_CREATOR")
    if _is_ours(named) and creator in (None, "dj_rest_auth.utils.default_create_token"):
        return [
            Error(
                f'REST_AUTH["TOKEN_MODEL"] is {named!r}: the second login of a user would fail, as '
                "a key can't be shown twice.",
                hint=f'REST_AUTH["TOKEN_CREATOR"] = "{_CREATOR}".',
                id=f"{APP}.E010",
            )
        ]
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    makes_ours = _is_ours(named) or creator == _CREATOR
    return [
        Error(
            f"dj_rest_auth's {view.__name__} is in the URLs: {harm}.",
            hint=f'Replace include("{theirs}") by include("{ours}").',
            id=f"{APP}.E011",
        )
        for view, harm, theirs, ours in _stock_views(makes_ours)
    ]


_CREATOR = "drf_token_auth.contrib.dj_rest_auth.create_token"


def _stock_views(makes_ours: bool) -> Iterator[tuple[type[Any], str, str, str]]:
    """Views of dj-rest-auth that look for ``user.auth_token``, with what comes of it."""
    from dj_rest_auth.views import LogoutView

    served = list(_served(get_resolver().url_patterns))
    logouts = [view for view in served if getattr(view, "logout", None) is LogoutView.logout]
    if logouts and (makes_ours or any(map(_takes_ours, logouts))):
        harm = "it answers that the user is logged out, and the token goes on working"
        yield LogoutView, harm, "dj_rest_auth.urls", "drf_token_auth.contrib.dj_rest_auth.urls"
    if not (makes_ours and apps.is_installed("dj_rest_auth.registration")):
        return
    from dj_rest_auth.registration.views import RegisterView

    stock = RegisterView.get_response_data
    if any(getattr(view, "get_response_data", None) is stock for view in served):
        harm = "it makes the user, and then fails"
        theirs = "dj_rest_auth.registration.urls"
        yield RegisterView, harm, theirs, "drf_token_auth.contrib.dj_rest_auth.registration"


def _takes_ours(view: type[Any]) -> bool:
    return any(issubclass(one, ExpiringTokenAuthentication) for one in view.authentication_classes)


def _served(patterns: Iterable[Any]) -> Iterator[type[Any]]:
    """The classes of the views, but for those that another with the same route stands before."""
    routes = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _served(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and str(pattern.pattern) not in routes:
            routes.add(str(pattern.pattern))
            view = getattr(pattern.callback, "cls", None)
            if view is not None:
                yield view
