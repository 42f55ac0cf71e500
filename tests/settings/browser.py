"""A site with the pages and a strict Content-Security-Policy, for the tests in a real browser."""

from __future__ import annotations

from pathlib import Path

from tests.browser.csp import STRICTEST

from .base import *  # noqa: F403
from .base import MIDDLEWARE, TEMPLATES

ROOT_URLCONF = "tests.browser.urls"
MIDDLEWARE += ["django.middleware.locale.LocaleMiddleware", "tests.browser.csp.add_policy"]
CONTENT_SECURITY_POLICY = STRICTEST
TEMPLATES[0]["DIRS"] = [Path(__file__).parents[1] / "browser" / "templates"]
