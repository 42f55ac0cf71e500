"""django-ninja: check that SCOPES declares the scopes that it asks for."""

from __future__ import annotations

import sys

from .. import conf
from ..checks.shared import Messages, error, settings_in_force

__all__ = ["find"]


def find() -> Messages:
    """E015: ``TokenAuth(scopes=…)`` asks for a scope that SCOPES does not declare."""
    in_force = settings_in_force()
    ours = sys.modules.get("drf_token_auth.contrib.ninja")
    if in_force is None or ours is None:
        return
    asked = {(type(auth).__name__, scope) for auth in ours.with_scopes for scope in auth.scopes}
    for name, scope in sorted(asked):
        if scope not in in_force.SCOPES:
            yield error(
                "E015",
                f"{name}(scopes=…) asks for the scope {scope!r}, but {conf.SETTING}['SCOPES'] does "
                "not declare it. No token can have it.",
                f'Write {conf.SETTING} = {{"SCOPES": {{"{scope}": "…"}}}}, or correct scopes.',
            )
