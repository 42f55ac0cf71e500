"""Checks that find a project's mistakes before its first request does.

Errors (``drf_token_auth.E…``) stop most commands. Warnings (``W…``) do not. Each module has the
checks of one subject, and importing the module registers them. No check raises, even if a setting
has an impossible value: :func:`shared.check` catches every exception.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")
