from __future__ import annotations

from tests.settings.default_user import *  # noqa: F403

ROOT_URLCONF = "tests.contrib.urls"
