"""djoser: check that its login and logout work with this package's tokens."""

from __future__ import annotations

from collections.abc import Mapping

from django.apps import apps
from django.conf import settings

from ..checks.served import (
    base_of,
    comes_from,
    is_named,
    is_our_token_model,
    served_views,
    takes_our_tokens,
)
from ..checks.shared import Messages, error

__all__ = ["find"]

FACADE = "drf_token_auth.contrib.djoser.TokenModel"
DRFS_TOKEN = "rest_framework.authtoken.models.Token"


def find() -> Messages:
    """E009: djoser's login would fail, or its logout would not revoke the token."""
    served = [view for view in served_views() if comes_from(view, "djoser")]
    if not served and not apps.is_installed("djoser"):
        return
    configured = getattr(settings, "DJOSER", None)
    named = configured.get("TOKEN_MODEL") if isinstance(configured, Mapping) else None
    named = named or DRFS_TOKEN
    logouts = [view for view in served if base_of(view, "djoser.views.TokenDestroyView")]
    logins = [view for view in served if base_of(view, "djoser.views.TokenCreateView")]
    if is_our_token_model(named):
        harm = "the second login of a user would fail, because a key is readable only once"
    elif not is_named(named, FACADE) and any(map(takes_our_tokens, logouts)):
        harm = "its logout answers 204 but does not revoke our tokens"
    elif named == DRFS_TOKEN and logins and not apps.is_installed("rest_framework.authtoken"):
        harm = "its login would fail, because rest_framework.authtoken is not installed"
    else:
        return
    yield error(
        "E009",
        f'DJOSER["TOKEN_MODEL"] is {named!r}: {harm}.',
        f'Write DJOSER = {{"TOKEN_MODEL": "{FACADE}"}}. It uses your token model, whichever it is.',
    )
