"""Writes that come after the transaction, whatever becomes of it, and whose failure is a line."""

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
from drf_token_auth.lookup import after_request as deferred
from drf_token_auth.lookup.after_request import after_transaction
from tests.conftest import make_user
from tests.life_urls import InspectedView
from tests.lives import atomic_requests, client_of, row, status_of

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


def test_a_request_within_a_request_leaves_what_the_outer_one_left() -> None:
    outer, inner = Action(), Action()
    begin_request()
    roll_back_after(outer)
    begin_request()
    roll_back_after(inner)
    end_request()
    assert (outer.runs, inner.runs) == ([], [False])
    end_request()
    assert (outer.runs, inner.runs) == ([False], [False])


def test_a_request_within_a_transaction_that_is_rolled_back_afterwards() -> None:
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
    assert outer.runs == [False]


@pytest.mark.urls("tests.life_urls")
def test_both_of_two_requests_one_in_the_other_are_uses() -> None:
    inner, outer = operations.issue(make_user()), operations.issue(make_user("bob"))

    def look(request: Any) -> None:
        assert status_of(inner) == 200
        raise ValidationError("no")

    with atomic_requests(True), mock.patch.object(InspectedView, "look", staticmethod(look)):
        assert status_of(outer, "/inspected/") == 400
    assert row(outer).last_used_at is not None


def test_requests_that_never_end_do_not_pile_up() -> None:
    for _ in range(1000):
        begin_request()
    assert len(deferred._requests_on(connections["default"])) <= deferred._MOST_OPEN
    for _ in range(1000):
        end_request()
    assert deferred._requests_on(connections["default"]) == []


def test_where_no_request_ever_ends_nothing_piles_up() -> None:
    """A worker of a task queue, whose every task is rolled back."""
    begin_request()
    actions = [Action() for _ in range(1000)]
    for action in actions:
        roll_back_after(action)
    waiting = deferred._waiting_on(connections["default"])
    assert len(waiting) <= deferred._MOST_WAITING + 1
    end_request()
    assert actions[-1].runs == [False]
    assert actions[0].runs == []


def test_what_ran_is_not_kept() -> None:
    begin_request()
    for _ in range(5):
        with transaction.atomic():
            defer(Action())
    assert len(deferred._waiting_on(connections["default"])) <= 1


# With AUTOCOMMIT off, the transaction that is always open is the project's


@contextmanager
def by_hand() -> Iterator[None]:
    """As with AUTOCOMMIT off in DATABASES."""
    connection.settings_dict["AUTOCOMMIT"] = False
    connection.set_autocommit(False)
    try:
        yield
    finally:
        connection.rollback()
        connection.settings_dict["AUTOCOMMIT"] = True
        connection.set_autocommit(True)


def test_by_hand_at_the_end_of_the_request_in_a_transaction_of_its_own() -> None:
    action, outside = Action(), connections["default"]
    used: list[bool] = []
    with by_hand():
        begin_request()
        defer(action)
        after_transaction(lambda: used.append(connections["default"] is outside), using="default")
        assert action.runs == []
        end_request()
        assert (action.runs, used) == ([True], [False])
        assert connections["default"] is outside
        end_request()
    assert action.runs == [True]


def test_by_hand_a_connection_that_was_closed_stays_so() -> None:
    action = Action()
    with by_hand():
        begin_request()
        defer(action)
        with mock.patch.object(connection._connections[connection._alias], "connection", None):
            end_request()
            assert connection.connection is None
    assert action.runs == [True]


def test_by_hand_for_a_while_only_it_runs_as_ever() -> None:
    action = Action()
    begin_request()
    connection.set_autocommit(False)
    defer(action)
    connection.rollback()
    connection.set_autocommit(True)
    end_request()
    assert action.runs == [False]


def test_by_hand_a_failure_is_a_line(caplog: pytest.LogCaptureFixture) -> None:
    outside = connections["default"]
    with by_hand():
        begin_request()
        defer(Action(ValueError("no")))
        end_request()
    assert "a write after the request failed: ValueError" in caplog.text
    assert connections["default"] is outside


def test_by_hand_no_connection_is_opened_to_find_out() -> None:
    """The primary may be down where only a replica is needed."""
    action = Action()
    never = mock.Mock(side_effect=AssertionError)
    in_use = connections["default"]
    with (
        mock.patch.object(in_use, "connection", None),
        mock.patch.object(in_use, "connect", never),
        mock.patch.dict(in_use.settings_dict, AUTOCOMMIT=False),
    ):
        defer(action)
    assert action.runs == []


@pytest.mark.urls("tests.life_urls")
def test_by_hand_a_use_is_recorded_and_the_view_is_spared_the_write() -> None:
    token = operations.issue(make_user())
    seen: list[Any] = []

    def look(request: Any) -> None:
        seen.append(row(token).last_used_at)

    with by_hand(), mock.patch.object(InspectedView, "look", staticmethod(look)):
        assert status_of(token, "/inspected/") == 200
    assert seen == [None]
    assert row(token).last_used_at is not None


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
