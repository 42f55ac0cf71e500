from __future__ import annotations

from .base import *  # noqa: F403
from .base import DATABASES

DATABASES["default"]["ATOMIC_REQUESTS"] = True
