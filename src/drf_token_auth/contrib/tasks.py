"""django.tasks (Django 6.0 and later): ``purge_expired_tokens.enqueue()``."""

from __future__ import annotations

from django.tasks import task

from .. import operations

__all__ = ["purge_expired_tokens"]


@task()
def purge_expired_tokens(time_limit: float | None = 600) -> int:
    """Delete the rows that have expired; how many there were."""
    return operations.purge(time_limit=time_limit)
