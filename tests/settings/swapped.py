from __future__ import annotations

from .base import *  # noqa: F403
from .base import INSTALLED_APPS

INSTALLED_APPS += ["tests.projects.apitokens"]
DRF_TOKEN_AUTH_TOKEN_MODEL = "apitokens.ApiToken"
