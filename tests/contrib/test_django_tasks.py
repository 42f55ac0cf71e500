"""The task for django.tasks (Django 6.0 and later)."""

from __future__ import annotations

from inspect import signature
from typing import Any

import pytest
from notes import nightly

from drf_token_auth import get_token_model, operations
from drf_token_auth.contrib.tasks import purge_expired_tokens
from drf_token_auth.purging import purge

pytestmark = pytest.mark.usefixtures("usable_token")


def test_the_task_of_the_page_purges(usable_token: Any) -> None:
    result = nightly.purge()
    assert (result.status, result.return_value) == ("SUCCESSFUL", 2)
    assert get_token_model().objects.get() == usable_token


def test_the_task_can_be_queued(settings: Any) -> None:
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}
    result = purge_expired_tokens.enqueue(time_limit=60)
    assert (result.kwargs, result.task.module_path) == (
        {"time_limit": 60},
        "drf_token_auth.contrib.tasks.purge_expired_tokens",
    )


DAY = 24 * 60 * 60


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"older_than": DAY}, 0),
        ({"older_than": 0}, 2),
        ({"unused_for": 0}, 3),
        ({"unused_for": DAY}, 2),
        ({"unused_for": None, "batch_size": 1, "sleep": 0.001, "using": "default"}, 2),
        ({"batch_size": 1, "time_limit": 0}, 0),
        ({"time_limit": None}, 2),
    ],
)
def test_the_task_passes_its_arguments_to_the_purge(options: dict[str, Any], count: int) -> None:
    result = purge_expired_tokens.enqueue(**options)
    assert (result.status, result.return_value) == ("SUCCESSFUL", count), result.errors


def test_the_task_has_all_arguments_that_a_queue_can_store() -> None:
    taken = set(signature(purge_expired_tokens.func).parameters)
    assert set(signature(operations.purge).parameters) - taken == {
        "dry_run",
        "on_time_limit",
        "progress",
    }


def test_the_task_has_the_defaults_of_the_purge(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {}
    monkeypatch.setattr(operations, "purge", lambda **options: told.update(options) or 0)
    purge_expired_tokens.enqueue()
    defaults = {name: one.default for name, one in signature(purge).parameters.items()}
    assert told == {name: defaults[name] for name in told} | {"time_limit": 600}
