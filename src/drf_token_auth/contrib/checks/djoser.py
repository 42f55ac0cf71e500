from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from .served import base_of, comes_from, is_named, is_ours, served_views, takes_ours

__all__: list[str] = []

APP = "drf_token_auth"
FACADE = "drf_token_auth.contrib.djoser.TokenModel"
DRFS_TOKEN = "rest_framework.authtoken.models.Token"


@register(Tags.compatibility)
def check_djoser(**kwargs: Any) -> list[CheckMessage]:
    """E009: djoser would look for the key of a token that was made before, or end none of ours."""
    served = [view for view in served_views() if comes_from(view, "djoser")]
    if not served and not apps.is_installed("djoser"):
        return []
    named = (getattr(settings, "DJOSER", None) or {}).get("TOKEN_MODEL", DRFS_TOKEN)
    logouts = [view for view in served if base_of(view, "djoser.views.TokenDestroyView")]
    if is_ours(named):
        harm = f"is {named!r}: the second login of a user would fail, as a key can't be shown twice"
    elif not is_named(named, FACADE) and any(map(takes_ours, logouts)):
        harm = f"is {named!r}: its logout answers 204 to our tokens, and they go on working"
    else:
        return []
    return [
        Error(
            f'DJOSER["TOKEN_MODEL"] {harm}.',
            hint=f'DJOSER["TOKEN_MODEL"] = "{FACADE}", whichever token model is in use.',
            id=f"{APP}.E009",
        )
    ]
