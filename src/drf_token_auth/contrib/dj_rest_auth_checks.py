"""dj-rest-auth: check that its login, logout and registration work with this package's tokens."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage

from ..checks.served import (
    base_of,
    comes_from,
    is_our_token_model,
    served_views,
    takes_our_tokens,
)
from ..checks.shared import Messages, error

__all__ = ["find"]

OURS = "drf_token_auth.contrib.dj_rest_auth"
CREATOR = f"{OURS}.create_token"
STOCK_CREATOR = "dj_rest_auth.utils.default_create_token"


def find() -> Messages:
    """E010: the second login would fail. E011: dj-rest-auth's views read ``user.auth_token``."""
    configured = getattr(settings, "REST_AUTH", None)
    rest_auth = configured if isinstance(configured, Mapping) else {}
    served = [view for view in served_views() if comes_from(view, "dj_rest_auth")]
    if rest_auth.get("USE_JWT") or not (served or apps.is_installed("dj_rest_auth")):
        return
    named, creator = rest_auth.get("TOKEN_MODEL"), rest_auth.get("TOKEN_CREATOR")
    if is_our_token_model(named) and creator in (None, STOCK_CREATOR):
        yield error(
            "E010",
            f'REST_AUTH["TOKEN_MODEL"] is {named!r}: the second login of a user would fail, '
            "because a key is readable only once.",
            f'Write REST_AUTH = {{"TOKEN_MODEL": {named!r}, "TOKEN_CREATOR": "{CREATOR}"}}.',
        )
        return
    makes_our_tokens = is_our_token_model(named) or creator == CREATOR
    for view in served:
        logout = base_of(view, "dj_rest_auth.views.LogoutView")
        register = base_of(view, "dj_rest_auth.registration.views.RegisterView")
        if _runs_stock_methods(view, logout, "logout", "post") and (
            makes_our_tokens or takes_our_tokens(view)
        ):
            harm = "it answers that the user is logged out, but the token still works"
            yield _reads_auth_token(logout, harm, "dj_rest_auth.urls", f"{OURS}.urls")
        if makes_our_tokens and _runs_stock_methods(view, register, "get_response_data", "create"):
            theirs, ours = "dj_rest_auth.registration.urls", f"{OURS}.registration"
            yield _reads_auth_token(register, "it saves the user and then fails", theirs, ours)


def _reads_auth_token(stock: type[Any], harm: str, theirs: str, ours: str) -> CheckMessage:
    return error(
        "E011",
        f"The URLs have {stock.__name__} of dj-rest-auth. It reads user.auth_token, which your "
        f"users do not have: {harm}.",
        f'Write include("{ours}") instead of include("{theirs}"). If the view is your own, '
        f"derive it from {ours}.{stock.__name__}.",
    )


def _runs_stock_methods(view: type[Any], stock: Any, *methods: str) -> bool:
    """Return whether dj-rest-auth's own methods run in this view, directly or through super()."""
    if stock is None:
        return False
    derived = view.__mro__[: view.__mro__.index(stock)]
    own = (vars(one).get(method) for one in derived for method in methods)
    return all(_only_adds_to(method) for method in own if method is not None)


def _only_adds_to(method: Any) -> bool:
    """Return whether a method of the project calls super() and leaves request.auth alone."""
    method = inspect.unwrap(method)
    names = method.__code__.co_names if inspect.isfunction(method) else ()
    is_ours = method.__module__.startswith("drf_token_auth.")
    return not is_ours and "super" in names and "auth" not in names
