from __future__ import annotations

import os

from tests.contrib.pages import paste

from .base import *  # noqa: F403

paste("django-ninja", globals())

# ninja needs this in tests, because its test client and the URLs both ask the API for its routes.
os.environ["NINJA_SKIP_REGISTRY"] = "1"
