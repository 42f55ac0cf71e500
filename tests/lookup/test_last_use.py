"""A use is written at most once per interval. If the write fails, the request succeeds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from drf_token_auth import get_token_model, keys, operations
from drf_token_auth.lookup import last_use as usage
from tests.conftest import make_user
from tests.life_urls import InspectedView
from tests.lives import EDGES, at, atomic_requests, client_of, row, status_of
from tests.queries import queries, writes

Token = get_token_model()
MINUTE = timedelta(minutes=1)

pytestmark = [
    pytest.mark.urls("tests.life_urls"),
    # A request may write after its commit, so these tests need real commits.
    pytest.mark.django_db(transaction=True),
]
both = pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "ATOMIC_REQUESTS"])


@pytest.fixture
def token() -> Any:
    return operations.issue(make_user())


def in_the_view(look: Callable[[Any], None]) -> Any:
    return mock.patch.object(InspectedView, "look", staticmethod(look))


@both
def test_the_first_use_is_recorded_at_once(token: Any, atomic: bool) -> None:
    assert row(token).last_used_at is None
    now = timezone.now()
    with atomic_requests(atomic), at(now), queries() as asked:
        assert status_of(token) == 200
    assert len(writes(asked)) == 1
    assert row(token).last_used_at == now


@both
@pytest.mark.parametrize("edge", EDGES)
def test_the_next_use_is_recorded_after_the_interval(token: Any, atomic: bool, edge: str) -> None:
    start = timezone.now()
    with atomic_requests(atomic):
        with at(start):
            assert status_of(token) == 200
        then = start + 10 * MINUTE + EDGES[edge]
        with at(then), queries() as asked:
            assert status_of(token) == 200
    is_written = edge != "before"
    assert len(writes(asked)) == is_written
    assert is_written or len(asked) == 1
    assert row(token).last_used_at == (then if is_written else start)


def test_many_uses_in_an_interval_write_once(token: Any) -> None:
    with queries() as asked:
        for _ in range(10):
            assert status_of(token) == 200
    assert len(writes(asked)) == 1


@both
def test_all_due_changes_are_one_statement(atomic: bool) -> None:
    """The changes: the last use, the renewal, the stamp, and the digest under a new pepper."""
    start = timezone.now()
    with at(start):
        token = operations.issue(make_user(), idle_timeout=20 * MINUTE)
    Token.objects.update(user_stamp=None)
    before, now = row(token), start + 10 * MINUTE
    peppered = override_settings(DRF_TOKEN_AUTH={"PEPPERS": {1: "p" * 50}, "PEPPER": 1})
    with atomic_requests(atomic), peppered, at(now):
        for expected in (1, 0):
            with queries() as asked:
                assert status_of(token) == 200
            assert len(writes(asked)) == expected
    after = row(token)
    assert (after.last_used_at, after.expires_at) == (now, now + 20 * MINUTE)
    assert (before.user_stamp, bytes(before.digest)[0]) == (None, keys.SHA256)
    assert (after.user_stamp is not None, bytes(after.digest)[0]) == (True, 1)


def test_the_interval_is_a_setting(token: Any) -> None:
    start = timezone.now()
    with override_settings(DRF_TOKEN_AUTH={"LAST_USED_INTERVAL": MINUTE}):
        for seconds in (0, 59, 60, 90, 120):
            with at(start + timedelta(seconds=seconds)):
                assert status_of(token) == 200
            expected = timedelta(seconds=seconds // 60 * 60)
            assert row(token).last_used_at == start + expected


def test_each_use_is_recorded_if_the_interval_is_zero(token: Any) -> None:
    start = timezone.now()
    with override_settings(DRF_TOKEN_AUTH={"LAST_USED_INTERVAL": timedelta(0)}):
        for microseconds in range(3):
            now = start + timedelta(microseconds=microseconds)
            with at(now):
                assert status_of(token) == 200
            assert row(token).last_used_at == now


def test_no_use_is_recorded_without_an_interval(token: Any) -> None:
    off = override_settings(DRF_TOKEN_AUTH={"LAST_USED_INTERVAL": None})
    with off, queries() as asked:
        assert status_of(token) == 200
    assert len(asked) == 1
    assert row(token).last_used_at is None


def test_an_idle_token_is_renewed_even_if_uses_are_not_recorded() -> None:
    start = timezone.now()
    with override_settings(DRF_TOKEN_AUTH={"LAST_USED_INTERVAL": None}):
        with at(start):
            token = operations.issue(make_user(), idle_timeout=15 * MINUTE)
        with at(start + 10 * MINUTE):
            assert status_of(token) == 200
    assert row(token).expires_at == start + 25 * MINUTE
    assert row(token).last_used_at is None


def test_a_clock_that_went_back_writes_nothing(token: Any) -> None:
    start = timezone.now()
    with at(start):
        assert status_of(token) == 200
    with at(start - MINUTE):
        assert status_of(token) == 200
    assert row(token).last_used_at == start


def test_a_refused_request_is_not_a_use(token: Any) -> None:
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    assert status_of(token) == 401
    assert row(token).last_used_at is None


def test_from_key_is_not_a_use(token: Any) -> None:
    assert Token.objects.from_key(token.key) is not None
    assert row(token).last_used_at is None


# After the transaction


def test_under_atomic_requests_the_write_waits_for_the_commit(token: Any) -> None:
    seen: list[Any] = []

    def look(request: Any) -> None:
        assert connection.in_atomic_block
        seen.append(row(token).last_used_at)

    with atomic_requests(True), in_the_view(look):
        assert status_of(token, "/inspected/") == 200
    assert seen == [None]
    assert row(token).last_used_at is not None


@both
def test_a_rolled_back_view_is_still_a_use(token: Any, atomic: bool) -> None:
    now = timezone.now()
    with atomic_requests(atomic), at(now):
        assert status_of(token, "/failing/") == 400
    assert row(token).last_used_at == now


@both
def test_a_crashing_view_is_still_a_use(token: Any, atomic: bool) -> None:
    def look(request: Any) -> None:
        raise RuntimeError

    client = client_of(token)
    client.raise_request_exception = False
    with atomic_requests(atomic), in_the_view(look):
        assert client.get("/inspected/").status_code == 500
    assert row(token).last_used_at is not None


def test_a_token_that_expires_while_the_view_runs_stays_expired() -> None:
    """The write runs after the commit. It does not renew a token that has expired by then."""
    token = operations.issue(make_user(), idle_timeout=15 * MINUTE)
    ends = row(token).expires_at
    with at(ends - MINUTE) as clock:

        def look(request: Any) -> None:
            clock.move_to(ends + MINUTE)

        with atomic_requests(True), in_the_view(look):
            assert status_of(token, "/inspected/") == 200
    assert (row(token).expires_at, row(token).last_used_at) == (ends, None)


@both
def test_a_token_that_is_revoked_while_it_is_used_stays_revoked(token: Any, atomic: bool) -> None:
    def look(request: Any) -> None:
        operations.revoke(request.auth, reason="admin")

    with atomic_requests(atomic), in_the_view(look):
        assert status_of(token, "/inspected/") == 200
    assert not Token.objects.exists()


def test_only_the_columns_of_a_use_are_written(token: Any) -> None:
    """The write does not undo a new name, a new kind or new scopes that were saved meanwhile."""

    def look(request: Any) -> None:
        Token.objects.filter(pk=token.pk).update(name="renamed", kind="personal", scopes="x")

    with atomic_requests(True), in_the_view(look):
        assert status_of(token, "/inspected/") == 200
    now = row(token)
    assert (now.name, now.kind, now.scopes) == ("renamed", "personal", "x")
    assert now.last_used_at is not None


# A failing write is logged


@contextmanager
def read_only() -> Iterator[None]:
    """Let this connection read, but not write."""
    switches = {
        "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
        "postgresql": (
            "SET default_transaction_read_only = on",
            "SET default_transaction_read_only = off",
        ),
        "mysql": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE"),
    }
    on, off = switches[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(on)
    try:
        yield
    finally:
        connection.close_if_unusable_or_obsolete()
        with connection.cursor() as cursor:
            cursor.execute(off)


@both
def test_requests_are_answered_with_a_read_only_database(
    token: Any, atomic: bool, caplog: pytest.LogCaptureFixture
) -> None:
    expired = operations.issue(token.user, ttl=timedelta(0))
    with atomic_requests(atomic), read_only():
        assert status_of(token) == 200
        assert status_of(expired) == 401
    (line,) = [record for record in caplog.records if record.name == "drf_token_auth"][-1:]
    assert line.levelno == logging.WARNING
    assert "a write after the request failed" in line.getMessage()
    assert "Error" in line.getMessage()
    assert row(token).last_used_at is None


@both
def test_the_log_of_a_failing_write_has_no_sql(
    token: Any, atomic: bool, caplog: pytest.LogCaptureFixture
) -> None:
    digest = bytes(token.digest).hex()
    trouble = RuntimeError(f"UPDATE … WHERE digest = {digest} {token.key}")
    with atomic_requests(atomic), mock.patch.object(usage, "_write", side_effect=trouble):
        assert status_of(token) == 200
    assert "RuntimeError" in caplog.text
    assert digest not in caplog.text
    assert token.key not in caplog.text
