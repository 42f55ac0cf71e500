"""Many requests with one token, and a row that another transaction has locked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from drf_token_auth.lookup import last_use as usage
from tests.concurrency.conftest import PATIENCE, Elsewhere, errors, in_parallel
from tests.conftest import make_user
from tests.life_urls import InspectedView
from tests.lives import atomic_requests, row, status_of

Token = get_token_model()
MINUTE = timedelta(minutes=1)

pytestmark = [pytest.mark.urls("tests.life_urls"), pytest.mark.django_db(transaction=True)]
both = pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "ATOMIC_REQUESTS"])


@both
@pytest.mark.parametrize("idle", [None, 15 * MINUTE], ids=["fixed", "idle"])
def test_200_requests_in_an_interval_change_the_row_once(
    atomic: bool, idle: timedelta | None
) -> None:
    """Each thread loads the row before one of them writes it."""
    token = operations.issue(make_user(), idle_timeout=idle)
    Token.objects.update(expires_at=timezone.now() + 5 * MINUTE)
    threads, each = 20, 10
    loaded = threading.Barrier(threads)
    wrote: list[int] = []
    update = type(Token._base_manager.all()).update

    def counted(queryset: Any, **values: Any) -> int:
        rows = update(queryset, **values)
        if queryset.model is Token:
            wrote.append(rows)
        return rows

    write = usage._write
    first = threading.local()

    def write_once_all_have_loaded(*args: Any) -> None:
        if not getattr(first, "waited", False):
            first.waited = True
            loaded.wait(PATIENCE)
        write(*args)

    def requests() -> list[int]:
        return [status_of(token) for _ in range(each)]

    with (
        atomic_requests(atomic),
        mock.patch.object(usage, "_write", write_once_all_have_loaded),
        mock.patch.object(type(Token._base_manager.all()), "update", counted),
    ):
        results = in_parallel(*[requests] * threads)
    assert errors(results) == []
    assert [status for statuses in results for status in statuses] == [200] * threads * each
    assert sum(wrote) == 1, wrote
    assert len(wrote) <= threads


def in_the_view(look: Callable[[Any], None]) -> Any:
    return mock.patch.object(InspectedView, "look", staticmethod(look))


@both
@pytest.mark.parametrize("idle", [None, 15 * MINUTE], ids=["fixed", "idle"])
def test_the_row_is_free_while_the_view_runs(
    atomic: bool, idle: timedelta | None, elsewhere: Elsewhere
) -> None:
    token = operations.issue(make_user(), idle_timeout=idle)

    def lock() -> Any:
        with transaction.atomic():
            return Token.objects.select_for_update(nowait=True).get(pk=token.pk)

    locked: list[Any] = []
    with (
        atomic_requests(atomic),
        in_the_view(lambda request: locked.append(elsewhere.do(lock))),
    ):
        assert status_of(token, "/inspected/") == 200
    assert locked == [token]
    assert row(token).last_used_at is not None


@both
def test_two_slow_requests_with_one_token_do_not_wait_for_each_other(atomic: bool) -> None:
    """Each view waits for the other. If one held the row, both would wait forever."""
    token = operations.issue(make_user())
    meeting = threading.Barrier(2)
    with atomic_requests(atomic), in_the_view(lambda request: meeting.wait(PATIENCE)):
        results = in_parallel(*[lambda: status_of(token, "/inspected/")] * 2)
    assert results == [200, 200]


@both
@pytest.mark.parametrize("idle", [None, 15 * MINUTE], ids=["fixed", "idle"])
def test_a_request_does_not_wait_for_a_locked_row(
    atomic: bool, idle: timedelta | None, elsewhere: Elsewhere, caplog: pytest.LogCaptureFixture
) -> None:
    token = operations.issue(make_user(), idle_timeout=idle)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Token.objects.select_for_update().get(pk=token.pk)
            held.set()
            assert done.wait(PATIENCE)

    holding = elsewhere.start(hold)
    assert held.wait(PATIENCE)
    try:
        # The lock is released after the answer, so a request that waited would wait forever.
        with atomic_requests(atomic):
            assert status_of(token) == 200
    finally:
        done.set()
        holding.result(PATIENCE)
    assert caplog.records == []
    assert row(token).last_used_at is None
    assert status_of(token) == 200
    assert row(token).last_used_at is not None


def test_a_renewal_beside_the_purge_restores_no_token(elsewhere: Elsewhere) -> None:
    user = make_user()
    tokens = [operations.issue(user, idle_timeout=MINUTE) for _ in range(8)]
    ends = timezone.now()

    def expire_soon() -> None:
        nonlocal ends
        ends = timezone.now() + timedelta(seconds=1)
        Token.objects.update(expires_at=ends)

    everybody_is_ready = threading.Barrier(len(tokens) + 2, action=expire_soon)

    def until_all_expired(act: Any) -> list[int]:
        results = [act()]
        everybody_is_ready.wait(PATIENCE)
        while timezone.now() < ends + timedelta(seconds=0.5):
            results.append(act())
        return [*results, act()]

    def use(token: Any) -> list[int]:
        return until_all_expired(lambda: status_of(token))

    def purge() -> list[int]:
        return until_all_expired(lambda: operations.purge(batch_size=3))

    with override_settings(DRF_TOKEN_AUTH={"LAST_USED_INTERVAL": None}):
        results = in_parallel(*[lambda token=token: use(token) for token in tokens], purge, purge)
    assert errors(results) == []
    for token, statuses in zip(tokens, results, strict=False):
        assert statuses[0] == 200
        if 401 in statuses:
            dead = statuses.index(401)
            assert set(statuses[dead:]) == {401}
        else:
            assert row(token).expires_at > ends
