"""Settings without the pages. ``tests/dist/test_core_alone.py`` uses them for the core alone."""

from __future__ import annotations

from .base import *  # noqa: F403
from .base import INSTALLED_APPS

INSTALLED_APPS.remove("drf_token_auth.pages")
