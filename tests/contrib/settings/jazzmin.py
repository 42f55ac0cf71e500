from __future__ import annotations

from tests.contrib.pages import paste

from .base import *  # noqa: F403

paste("django-jazzmin", globals())
