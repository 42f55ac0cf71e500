from __future__ import annotations

from .base import *  # noqa: F403
from .base import INSTALLED_APPS

INSTALLED_APPS += ["durin"]
# durin's admin uses names that Django 6.1 deprecates.
INSTALLED_APPS.remove("django.contrib.admin")
