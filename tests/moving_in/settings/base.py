"""The shared settings of the tests of imports. Several threads can use the database."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.settings.base import *  # noqa: F403
from tests.settings.base import DATABASES

DRF_TOKEN_AUTH = {"UNKNOWN_KEYS": "pass"}

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    name = Path(tempfile.gettempdir(), f"moving_in_{os.getpid()}.sqlite3")
    DATABASES["default"]["TEST"] = {"NAME": str(name)}
    DATABASES["default"]["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
    }
