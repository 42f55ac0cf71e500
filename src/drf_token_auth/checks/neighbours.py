"""Run the checks of each installed neighbour, from the modules ``contrib/…_checks.py``.

The checks of a neighbour are imported only if its app is installed or the URLs have its views.
Most of them compare dotted paths, so they do not import the neighbour.
"""

from __future__ import annotations

import sys
from importlib import import_module

from django.apps import apps
from django.core.checks import Tags

from .served import served_views
from .shared import Messages, check, guarded

# The module with the checks, by the name of the neighbour's package.
MODULES = {
    "auditlog": "audit_checks",
    "axes": "axes_checks",
    "dj_rest_auth": "dj_rest_auth_checks",
    "djoser": "djoser_checks",
    "easyaudit": "audit_checks",
    "import_export": "audit_checks",
    "ninja": "ninja_checks",
    "pghistory": "audit_checks",
    "reversion": "audit_checks",
    "simple_history": "audit_checks",
}


@check(Tags.compatibility)
def check_neighbours() -> Messages:
    """E009 to E011, E013, E015, E019, E026: a neighbour does not work with our tokens."""
    present = {config.name.partition(".")[0] for config in apps.get_app_configs()}
    present |= {one.__module__.partition(".")[0] for view in served_views() for one in view.__mro__}
    # A project can use ninja without its app. Then the project has imported our module for it.
    if "drf_token_auth.contrib.ninja" in sys.modules:
        present.add("ninja")
    for name in dict.fromkeys(MODULES[one] for one in sorted(present & set(MODULES))):
        yield from guarded(import_module(f"drf_token_auth.contrib.{name}").find)()
