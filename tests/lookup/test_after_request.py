"""Writes happen after the transaction, even if it was rolled back. Failures are logged."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from django.core.signals import request_finished, request_started
from django.db import connection, connections, transaction
from rest_framework.exceptions import ValidationError

from drf_token_auth import get_token_model, operations
from drf_token_auth.lookup.after_request import (
    MOST_WAITING,
    _forget,
    _run_waiting,
    _waiting_on,
    after_transaction,
)
from tests.conftest import make_user
from tests.life_urls import InspectedView
from tests.lives import atomic_requests, client_of, row, status_of

Token = get_token_model()


class Action:
    """A write that records each run, and whether it ran inside a transaction."""

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


def test_outside_a_transaction_the_write_runs_at_once() -> None:
    action = Action()
    defer(action)
    assert action.runs == [False]
    end_request()
    assert action.runs == [False]


def test_the_write_runs_after_the_commit() -> None:
    action = Action()
    with transaction.atomic():
        defer(action)
        with transaction.atomic():
            pass
        assert action.runs == []
    assert action.runs == [False]
    end_request()
    assert action.runs == [False]


def test_after_a_rollback_the_write_runs_when_the_request_ends() -> None:
    action = Action()
    begin_request()
    roll_back_after(action)
    assert action.runs == []
    end_request()
    assert action.runs == [False]
    end_request()
    assert action.runs == [False]


def test_the_signals_of_requests_are_connected_only_if_a_write_has_to_wait() -> None:
    """Connected receivers would look at each database connection on each request."""

    def are_connected() -> list[bool]:
        found = [request_started.disconnect(_forget)]
        return [*found, request_finished.disconnect(_run_waiting)]

    are_connected()  # Another test may have connected them.
    token, action = operations.issue(make_user()), Action()
    with atomic_requests(False):
        assert status_of(token) == 200
    assert row(token).last_used_at is not None
    assert are_connected() == [False, False]
    roll_back_after(action)
    end_request()
    assert action.runs == [False]
    assert are_connected() == [True, True]


def test_a_rolled_back_savepoint_does_not_drop_the_write() -> None:
    """The write runs at the end of the request, not when the outer transaction commits."""
    action, other = Action(), Action()
    begin_request()
    with transaction.atomic():
        defer(other)
        roll_back_after(action)
    assert (action.runs, other.runs) == ([], [False])
    end_request()
    assert (action.runs, other.runs) == ([False], [False])


def test_writes_run_in_order() -> None:
    order: list[int] = []
    begin_request()
    with transaction.atomic():
        for number in range(5):
            after_transaction(lambda number=number: order.append(number), using="default")
        transaction.set_rollback(True)
    end_request()
    assert order == list(range(5))


@pytest.mark.parametrize("how", ["at once", "after the commit", "after the request"])
def test_a_failing_write_is_logged_and_the_others_run(
    how: str, caplog: pytest.LogCaptureFixture
) -> None:
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


def test_a_request_does_not_run_the_writes_of_another() -> None:
    action = Action()
    begin_request()
    roll_back_after(action)
    begin_request()
    end_request()
    assert action.runs == []


def test_a_nested_request_in_a_transaction_leaves_its_writes_to_the_outer_request() -> None:
    outer, inner = Action(), Action()
    begin_request()
    with transaction.atomic():
        defer(outer)
        begin_request()
        roll_back_after(inner)
        end_request()
        transaction.set_rollback(True)
    assert (outer.runs, inner.runs) == ([], [])
    end_request()
    assert (outer.runs, inner.runs) == ([False], [False])


@pytest.mark.urls("tests.life_urls")
def test_a_nested_request_does_not_drop_the_use_of_the_outer_one() -> None:
    inner, outer = operations.issue(make_user()), operations.issue(make_user("bob"))

    def look(request: Any) -> None:
        assert status_of(inner) == 200
        raise ValidationError("no")

    with atomic_requests(True), mock.patch.object(InspectedView, "look", staticmethod(look)):
        assert status_of(outer, "/inspected/") == 400
    assert row(outer).last_used_at is not None


def test_a_worker_without_requests_keeps_only_the_newest_writes() -> None:
    """A worker of a task queue may roll back each task, and no request ever ends."""
    begin_request()
    actions = [Action() for _ in range(MOST_WAITING + 1)]
    for action in actions:
        roll_back_after(action)
    assert len(_waiting_on(connections["default"])) == MOST_WAITING
    end_request()
    assert (actions[0].runs, actions[-1].runs) == ([], [False])


# With AUTOCOMMIT off, the project's transaction is always open


@contextmanager
def without_autocommit() -> Iterator[None]:
    """Switch AUTOCOMMIT off, as the setting DATABASES can."""
    # Django closes a connection if its mode differs from the settings.
    connection.settings_dict["AUTOCOMMIT"] = False
    connection.set_autocommit(False)
    try:
        yield
    finally:
        connection.rollback()
        connection.set_autocommit(True)
        connection.settings_dict["AUTOCOMMIT"] = True


@pytest.mark.urls("tests.life_urls")
def test_without_autocommit_a_use_is_written() -> None:
    token = operations.issue(make_user())
    with without_autocommit():
        assert status_of(token) == 200
        connection.commit()
    assert row(token).last_used_at is not None


def test_without_autocommit_a_write_joins_the_projects_transaction() -> None:
    """The end of the request is too late: Django closes the connection then, without a commit."""
    action = Action()
    begin_request()  # This drops the writes that the transactions of other tests left.
    with without_autocommit():
        with transaction.atomic():
            defer(action)
            assert action.runs == [True]
        assert not _waiting_on(connections["default"])


def test_without_autocommit_a_failing_write_does_not_break_the_transaction(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")

    token = operations.issue(make_user())
    with without_autocommit():
        Token.objects.filter(pk=token.pk).update(name="renamed")
        after_transaction(fail, using="default")
        connection.commit()
    assert "a write after the request failed" in caplog.text
    assert row(token).name == "renamed"


# In a project's TestCase, which wraps each test in a transaction


class TestInATestCase:
    pytestmark = pytest.mark.django_db

    def test_requests_keep_the_connection_open(self) -> None:
        token = operations.issue(make_user())
        before = connection.connection
        assert [status_of(token) for _ in range(3)] == [200] * 3
        assert connection.connection is before
        assert connection.in_atomic_block

    def test_a_test_can_run_the_waiting_writes(
        self, django_capture_on_commit_callbacks: Any
    ) -> None:
        token = operations.issue(make_user())
        assert status_of(token) == 200
        assert row(token).last_used_at is None
        with django_capture_on_commit_callbacks(execute=True):
            assert status_of(token) == 200
        assert row(token).last_used_at is not None

    def test_a_failing_write_does_not_break_the_transaction_of_a_test(
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
