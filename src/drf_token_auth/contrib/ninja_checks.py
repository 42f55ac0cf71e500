"""django-ninja: check that SCOPES declares each scope that an operation asks for."""

from __future__ import annotations

import sys

from .. import conf
from ..checks.shared import Messages, error

__all__ = ["find"]


def find() -> Messages:
    """E015: ``TokenAuth(scopes=…)`` asks for a scope that SCOPES does not declare."""
    declared = conf.get_settings().SCOPES
    ours = sys.modules.get("drf_token_auth.contrib.ninja")
    if ours is None:
        return
    asked = {(type(auth).__name__, scope) for auth in ours.with_scopes for scope in auth.scopes}
    for name, scope in sorted(asked):
        if scope not in declared:
            yield error(
                "E015",
                f"{name}(scopes=…) asks for the scope {scope!r}, but {conf.SETTING}['SCOPES'] does "
                "not declare it. No token can have it.",
                f'Write {conf.SETTING} = {{"SCOPES": {{"{scope}": "…"}}}}, or correct scopes.',
            )
