from __future__ import annotations

import os

from tests.contrib.pages import paste

from .base import *  # noqa: F403

paste("django-ninja", globals())

# ninja's own word for tests: its test client and the URLconf each ask the API for its URLs.
os.environ["NINJA_SKIP_REGISTRY"] = "1"
