from __future__ import annotations

from .base import *  # noqa: F403
from .base import INSTALLED_APPS

INSTALLED_APPS += ["knox", "tests.projects.knoxtokens"]
KNOX_TOKEN_MODEL = "knoxtokens.Device"
