"""Django 6.0 and later."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from notes import nightly

from drf_token_auth import get_token_model, operations
from drf_token_auth.contrib.tasks import purge_expired_tokens


@pytest.fixture(autouse=True)
def alive(user: Any) -> Any:
    """One that is alive, beside two that have expired."""
    alive = operations.issue(user)
    for _ in range(2):
        operations.issue(user)
    get_token_model().objects.exclude(pk=alive.pk).update(expires_at=timezone.now())
    return alive


def test_django_tasks(alive: Any) -> None:
    result = nightly.purge()
    assert (result.status, result.return_value) == ("SUCCESSFUL", 2)
    assert get_token_model().objects.get() == alive


def test_django_tasks_in_a_queue(settings: Any) -> None:
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}
    result = purge_expired_tokens.enqueue(time_limit=60)
    assert (result.kwargs, result.task.module_path) == (
        {"time_limit": 60},
        "drf_token_auth.contrib.tasks.purge_expired_tokens",
    )
