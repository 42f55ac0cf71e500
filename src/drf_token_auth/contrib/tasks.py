"""django.tasks (Django 6.0 and later): purge with ``purge_expired_tokens.enqueue()``."""

from __future__ import annotations

from datetime import timedelta

from django.tasks import task

from .. import operations
from ..purging import BATCH_SIZE

__all__ = ["purge_expired_tokens"]


@task()
def purge_expired_tokens(
    *,
    older_than: float = 0,
    unused_for: float | None = None,
    batch_size: int = BATCH_SIZE,
    sleep: float = 0.0,
    time_limit: float | None = 600,
    using: str | None = None,
) -> int:
    """Call ``operations.purge`` and return the number of deleted rows.

    The durations are in seconds, because a task's arguments must be JSON.
    """
    return operations.purge(
        older_than=timedelta(seconds=older_than),
        unused_for=None if unused_for is None else timedelta(seconds=unused_for),
        batch_size=batch_size,
        sleep=sleep,
        time_limit=time_limit,
        using=using,
    )
