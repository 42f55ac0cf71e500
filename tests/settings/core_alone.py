"""Only the core of the package is there. ``tests/dist/test_core_alone.py`` deletes the rest."""

from __future__ import annotations

from .base import *  # noqa: F403
from .base import INSTALLED_APPS

INSTALLED_APPS.remove("drf_token_auth.pages")
