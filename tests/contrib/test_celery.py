from __future__ import annotations

from typing import Any

from mysite.celery import app
from notes import tasks

from drf_token_auth import get_token_model


def test_the_scheduled_task_purges(usable_token: Any) -> None:
    [entry] = app.conf.beat_schedule.values()
    task = app.tasks[entry["task"]]
    assert task.name == tasks.purge_expired_tokens.name
    assert task.apply(kwargs=entry["kwargs"]).get() == 2
    assert get_token_model().objects.get() == usable_token
