"""A project with dj-rest-auth and both packages that generate schemas."""

from __future__ import annotations

from tests.contrib.pages import paste

from .dj_rest_auth import *  # noqa: F403

for page in ("drf-spectacular", "drf-yasg"):
    paste(page, globals())
ROOT_URLCONF = "tests.contrib.test_together"
