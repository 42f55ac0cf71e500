from __future__ import annotations

import sys
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from ... import conf
from .served import our_settings, served_views

__all__: list[str] = []

APP = "drf_token_auth"


@register(Tags.urls)
def check_ninja(**kwargs: Any) -> list[CheckMessage]:
    """E015: as E008, for what ``TokenAuth(scopes=…)`` asks for."""
    in_force = our_settings()
    served_views()  # which loads the API, if there is one
    ours = sys.modules.get("drf_token_auth.contrib.ninja")
    if in_force is None or ours is None:
        return []
    asked = {(type(auth).__name__, scope) for auth in ours.with_scopes for scope in auth.scopes}
    return [
        Error(
            f"{name}(scopes=…) asks for the scope {scope!r}, which SCOPES does not declare.",
            hint=f'Add it: {conf.SETTING} = {{"SCOPES": {{"{scope}": "…"}}}}, or correct scopes.',
            id=f"{APP}.E015",
        )
        for name, scope in sorted(asked)
        if scope not in in_force.SCOPES
    ]
