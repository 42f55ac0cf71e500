from __future__ import annotations

import os

from tests.contrib.pages import paste

from .base import *  # noqa: F403

paste("django-ninja", globals())

# Older versions of ninja need this, because the test client and the URLs both read api.urls.
os.environ["NINJA_SKIP_REGISTRY"] = "1"
