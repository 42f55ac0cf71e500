from __future__ import annotations

from tests.settings.base import *  # noqa: F403
from tests.settings.base import INSTALLED_APPS

INSTALLED_APPS += ["rest_framework.authtoken"]
