"""Reads go to the streaming replica that tests/replica starts."""

from __future__ import annotations

from .base import *  # noqa: F403

PRIMARY_PORT, REPLICA_PORT = 54321, 54322

DATABASES = {
    alias: {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "postgres",
        "USER": "postgres",
        "HOST": "127.0.0.1",
        "PORT": port,
    }
    for alias, port in [("default", PRIMARY_PORT), ("replica", REPLICA_PORT)]
}
DATABASE_ROUTERS = ["tests.replica.routers.ReadFromReplica"]
