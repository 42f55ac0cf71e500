from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from mysite.celery import app
from notes import tasks

from drf_token_auth import get_token_model, operations


@pytest.fixture(autouse=True)
def usable(user: Any) -> Any:
    """Return a usable token. Two other tokens have expired."""
    usable = operations.issue(user)
    for _ in range(2):
        operations.issue(user)
    get_token_model().objects.exclude(pk=usable.pk).update(expires_at=timezone.now())
    return usable


def test_celery(usable: Any) -> None:
    [entry] = app.conf.beat_schedule.values()
    task = app.tasks[entry["task"]]
    assert task.name == tasks.purge_expired_tokens.name
    assert task.apply(kwargs=entry["kwargs"]).get() == 2
    assert get_token_model().objects.get() == usable
