from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from .served import base_of, comes_from, is_ours, served_views, takes_ours

__all__: list[str] = []

APP = "drf_token_auth"
OURS = "drf_token_auth.contrib.dj_rest_auth"
CREATOR = f"{OURS}.create_token"


@register(Tags.compatibility)
def check_dj_rest_auth(**kwargs: Any) -> list[CheckMessage]:
    """E010: as E009, for dj-rest-auth. E011: its own logout, which would end nothing."""
    rest_auth = getattr(settings, "REST_AUTH", None) or {}
    served = [view for view in served_views() if comes_from(view, "dj_rest_auth")]
    if rest_auth.get("USE_JWT") or not (served or apps.is_installed("dj_rest_auth")):
        return []
    named = rest_auth.get("TOKEN_MODEL")
    creator = rest_auth.get("TOKEN_CREATOR")
    if is_ours(named) and creator in (None, "dj_rest_auth.utils.default_create_token"):
        return [
            Error(
                f'REST_AUTH["TOKEN_MODEL"] is {named!r}: the second login of a user would fail, as '
                "a key can't be shown twice.",
                hint=f'REST_AUTH["TOKEN_CREATOR"] = "{CREATOR}".',
                id=f"{APP}.E010",
            )
        ]
    return [
        Error(
            f"dj_rest_auth's {view.__name__} is in the URLs: {harm}.",
            hint=f'Replace include("{theirs}") by include("{ours}"). A view or a route of your own '
            f"derives from, or names, {ours}.{view.__name__}.",
            id=f"{APP}.E011",
        )
        for view, harm, theirs, ours in _stock_views(served, is_ours(named) or creator == CREATOR)
    ]


def _stock_views(
    served: Iterable[type[Any]], makes_ours: bool
) -> Iterator[tuple[type[Any], str, str, str]]:
    """Views of dj-rest-auth that look for ``user.auth_token``, with what comes of it."""
    seen = set()
    for view in served:
        logout = base_of(view, "dj_rest_auth.views.LogoutView")
        if _is_as_it_was(view, logout, "logout", "post") and (makes_ours or takes_ours(view)):
            harm = "it answers that the user is logged out, and the token goes on working"
            found = (logout, harm, "dj_rest_auth.urls", f"{OURS}.urls")
        else:
            register = base_of(view, "dj_rest_auth.registration.views.RegisterView")
            if not (makes_ours and _is_as_it_was(view, register, "get_response_data", "create")):
                continue
            harm = "it makes the user, and then fails"
            found = (register, harm, "dj_rest_auth.registration.urls", f"{OURS}.registration")
        if found not in seen:
            seen.add(found)
            yield found


def _is_as_it_was(view: type[Any], stock: Any, *methods: str) -> bool:
    """Whether the project took none of it in hand."""
    return stock is not None and all(
        getattr(view, method) is getattr(stock, method) for method in methods
    )
