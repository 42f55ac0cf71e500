"""Writes that come after the transaction, whatever becomes of it, and whose failure is a line."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import connection, transaction

from drf_token_auth import deferred, get_token_model, operations
from drf_token_auth.deferred import after_transaction
from tests.conftest import make_user
from tests.lives import client_of, row, status_of

Token = get_token_model()


class Action:
    """Notes each run, and whether it was inside a transaction."""

    def __init__(self, error: Exception | None = None) -> None:
        self.runs: list[bool] = []
        self.error = error

    def __call__(self) -> None:
        self.runs.append(connection.in_atomic_block)
        if self.error is not None:
            raise self.error


def defer(*actions: Action) -> None:
    for action in actions:
        after_transaction(action, using="default")


def begin_request() -> None:
    request_started.send(sender=None, environ={})


def end_request() -> None:
    request_finished.send(sender=None)


def roll_back_after(*actions: Action) -> None:
    with transaction.atomic():
        defer(*actions)
        transaction.set_rollback(True)


pytestmark = pytest.mark.django_db(transaction=True)


def test_at_once_outside_a_transaction() -> None:
    action = Action()
    defer(action)
    assert action.runs == [False]
    end_request()
    assert action.runs == [False]


def test_after_the_commit() -> None:
    action = Action()
    with transaction.atomic():
        defer(action)
        with transaction.atomic():
            pass
        assert action.runs == []
    assert action.runs == [False]
    end_request()
    assert action.runs == [False]


def test_after_the_request_that_was_rolled_back() -> None:
    action = Action()
    begin_request()
    roll_back_after(action)
    assert action.runs == []
    end_request()
    assert action.runs == [False]
    end_request()
    assert action.runs == [False]


def test_after_a_savepoint_that_was_rolled_back() -> None:
    """The commit of the rest doesn't run it; the end of the request does."""
    action, other = Action(), Action()
    begin_request()
    with transaction.atomic():
        defer(other)
        roll_back_after(action)
    assert (action.runs, other.runs) == ([], [False])
    end_request()
    assert (action.runs, other.runs) == ([False], [False])


def test_in_the_order_they_were_asked_for() -> None:
    order: list[int] = []
    begin_request()
    with transaction.atomic():
        for number in range(5):
            after_transaction(lambda number=number: order.append(number), using="default")
        transaction.set_rollback(True)
    end_request()
    assert order == list(range(5))


@pytest.mark.parametrize("how", ["at once", "after the commit", "after the request"])
def test_a_failure_is_a_line_and_the_others_run(how: str, caplog: pytest.LogCaptureFixture) -> None:
    failing, fine = Action(ValueError("with a secret in it")), Action()
    begin_request()
    if how == "at once":
        defer(failing, fine)
    elif how == "after the commit":
        with transaction.atomic():
            defer(failing, fine)
    else:
        roll_back_after(failing, fine)
    end_request()
    assert len(failing.runs) == len(fine.runs) == 1
    (line,) = [record for record in caplog.records if record.name == "drf_token_auth"]
    assert line.levelno == logging.WARNING
    assert line.getMessage() == "a write after the request failed: ValueError"
    assert "secret" not in caplog.text


def test_one_request_does_not_run_what_another_left() -> None:
    action = Action()
    begin_request()
    roll_back_after(action)
    begin_request()
    end_request()
    assert action.runs == []


def test_where_no_request_ever_ends_nothing_piles_up() -> None:
    """A worker of a task queue, whose every task is rolled back."""
    begin_request()
    actions = [Action() for _ in range(1000)]
    for action in actions:
        roll_back_after(action)
    waiting = deferred._waiting_on(connection)
    assert len(waiting) <= deferred._MOST_WAITING + 1
    end_request()
    assert actions[-1].runs == [False]
    assert actions[0].runs == []


def test_what_ran_is_not_kept() -> None:
    begin_request()
    for _ in range(5):
        with transaction.atomic():
            defer(Action())
    assert len(deferred._waiting_on(connection)) <= 1


# In the tests of projects, each in a transaction of its own


class TestInATestCase:
    pytestmark = pytest.mark.django_db

    def test_requests_do_not_touch_the_connection(self) -> None:
        token = operations.issue(make_user())
        before = connection.connection
        assert [status_of(token) for _ in range(3)] == [200] * 3
        assert connection.connection is before
        assert connection.in_atomic_block

    def test_what_waits_for_the_commit_can_be_run(
        self, django_capture_on_commit_callbacks: Any
    ) -> None:
        token = operations.issue(make_user())
        assert status_of(token) == 200
        assert row(token).last_used_at is None
        with django_capture_on_commit_callbacks(execute=True):
            assert status_of(token) == 200
        assert row(token).last_used_at is not None

    def test_a_failing_write_leaves_the_test_its_transaction(
        self, django_capture_on_commit_callbacks: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        token = operations.issue(make_user())

        def fail() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT nothing FROM nowhere")

        with django_capture_on_commit_callbacks(execute=True):
            after_transaction(fail, using="default")
        assert "a write after the request failed" in caplog.text
        assert client_of(token).get("/echo/").status_code == 200
