from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drf_token_auth import get_token_model, operations
from drf_token_auth.rows import revocation
from tests.conftest import make_user
from tests.rows import store

pytestmark = pytest.mark.django_db


def fill(user: Any, *expiries: Any, **fields: Any) -> list[Any]:
    model = get_token_model()
    rows = [model(user=user, expires_at=expires_at, **fields) for expires_at in expiries]
    return store(rows)


def test_the_purge_deletes_only_expired_tokens(user):
    now = timezone.now()
    fill(user, *[now - timedelta(seconds=n) for n in range(7)])
    kept = fill(user, now + timedelta(hours=1), None)
    assert operations.purge(batch_size=3) == 7
    assert set(get_token_model().objects.all()) == set(kept)
    assert operations.purge(batch_size=3) == 0


def test_receivers_of_the_project_run_for_each_deleted_row(user):
    """Because of this receiver, the purge cannot use one DELETE for many rows."""
    model = get_token_model()
    gone = fill(user, *[timezone.now() - timedelta(hours=1)] * 3)
    expected = {token.pk for token in gone}
    seen = set()

    def note(instance: Any, **kwargs: Any) -> None:
        seen.add(instance.pk)

    models.signals.post_delete.connect(note, sender=model)
    try:
        assert operations.purge(batch_size=2) == 3
    finally:
        models.signals.post_delete.disconnect(note, sender=model)
    assert seen == expected


def test_an_empty_table_is_not_an_error(db):
    assert operations.purge() == 0


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ages=st.lists(st.none() | st.integers(-5, 5), max_size=25),
    batch_size=st.integers(1, 8),
)
def test_ties_and_batches_neither_skip_nor_loop(db, ages, batch_size):
    model = get_token_model()
    model.objects.all().delete_silently()
    person = model._meta.get_field("user").related_model.objects.first() or make_user("tess")
    now = timezone.now()
    fill(person, *[None if age is None else now - timedelta(hours=age, minutes=1) for age in ages])
    gone = [age for age in ages if age is not None and age >= 0]
    assert operations.purge(batch_size=batch_size) == len(gone)
    assert model.objects.count() == len(ages) - len(gone)
    assert not model.objects.expired().exists()


def test_close_distant_and_equal_expiries_are_purged_in_batches(user):
    now = timezone.now()
    crowd = [now - timedelta(days=3, microseconds=n) for n in range(600)]
    sparse = [now - timedelta(days=400 * n) for n in range(1, 6)]
    tie = [now - timedelta(days=2)] * 300
    first = [datetime.min.replace(tzinfo=now.tzinfo) + timedelta(days=2)]
    fill(user, *sparse, *crowd, *tie, *first, now)
    kept = fill(user, None, now + timedelta(hours=1))
    totals: list[int] = []
    assert operations.purge(batch_size=50, progress=totals.append) == 907
    assert set(get_token_model().objects.all()) == set(kept)
    steps = [after - before for before, after in zip([0, *totals], totals, strict=False)]
    assert max(steps) == 50
    assert len(steps) <= 907 // 50 + 3
    assert operations.purge(batch_size=50) == 0


def test_many_rows_of_one_moment_go_in_batches_by_id(user):
    now = timezone.now()
    fill(user, *[now - timedelta(days=1)] * 25, *[now - timedelta(days=2)] * 3)
    survivors = fill(user, *[now + timedelta(days=1)] * 5)
    sizes: list[int] = []
    assert operations.purge(batch_size=10, progress=sizes.append) == 28
    steps = [after - before for before, after in zip([0, *sizes], sizes, strict=False)]
    assert max(steps) == 10
    assert set(get_token_model().objects.all()) == set(survivors)


def test_each_batch_is_a_transaction_of_its_own(user):
    now = timezone.now()
    fill(user, *[now - timedelta(seconds=n) for n in range(10)])

    def stop(total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        operations.purge(batch_size=4, progress=stop)
    assert get_token_model().objects.count() == 6


def test_recently_expired_tokens_may_be_kept(user):
    now = timezone.now()
    fill(user, now - timedelta(days=8), now - timedelta(days=6))
    assert operations.purge(older_than=timedelta(days=7)) == 1


def test_a_dry_run_counts_and_deletes_nothing(user):
    now = timezone.now()
    fill(user, now, now - timedelta(days=1), None, created_at=now - timedelta(days=400))
    assert operations.purge(dry_run=True) == 2
    assert operations.purge(dry_run=True, unused_for=timedelta(days=365)) == 3
    assert get_token_model().objects.count() == 3


def test_unused_tokens_are_revoked_by_last_use_or_else_by_creation(
    user, django_capture_on_commit_callbacks
):
    from drf_token_auth.signals import token_revoked

    now = timezone.now()
    old = now - timedelta(days=200)
    unused = fill(user, None, None, created_at=old)
    fill(user, None, created_at=old, last_used_at=now)
    fill(user, now - timedelta(days=1), created_at=old)
    heard: list[Any] = []

    def listen(token: Any, reason: str, **kwargs: Any) -> None:
        heard.append((token.pk, reason))

    token_revoked.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            assert operations.purge(unused_for=timedelta(days=180), batch_size=1) == 3
    finally:
        token_revoked.disconnect(listen)
    assert sorted(heard) == [(token.pk, "unused") for token in unused]
    assert get_token_model().objects.count() == 1


def test_expired_tokens_are_kept_even_if_they_are_unused(user):
    now = timezone.now()
    old = now - timedelta(days=200)
    kept = fill(user, now - timedelta(days=1), created_at=old)
    fill(user, None, now - timedelta(days=8), created_at=old)
    options = {"older_than": timedelta(days=7), "unused_for": timedelta(days=180)}
    assert operations.purge(**options, dry_run=True) == 2
    assert operations.purge(**options) == 2
    assert list(get_token_model().objects.all()) == kept


def test_the_next_run_continues_after_the_time_limit(user, monkeypatch):
    now = timezone.now()
    fill(user, *[now - timedelta(seconds=n) for n in range(10)])
    clock = iter(range(100))
    monkeypatch.setattr("drf_token_auth.purging.time.monotonic", lambda: float(next(clock)))
    assert operations.purge(batch_size=3, time_limit=3) == 6
    assert operations.purge(batch_size=3) == 4


def test_it_sleeps_between_batches_and_not_before_the_first(user, monkeypatch):
    now = timezone.now()
    fill(user, *[now - timedelta(seconds=n) for n in range(10)])
    slept: list[float] = []
    monkeypatch.setattr("drf_token_auth.purging.time.sleep", slept.append)
    operations.purge(batch_size=4, sleep=0.5)
    assert slept == [0.5, 0.5]


def test_it_does_not_sleep_past_the_time_limit(user, monkeypatch):
    now = timezone.now()
    fill(user, *[now - timedelta(seconds=n) for n in range(10)])
    slept: list[float] = []
    monkeypatch.setattr("drf_token_auth.purging.time.sleep", slept.append)
    assert operations.purge(batch_size=4, sleep=3600, time_limit=1800) == 4
    assert slept == []


@pytest.mark.parametrize("batch_size", [2, 10_000])
def test_the_unused_of_each_user_are_a_transaction(user, other_user, monkeypatch, batch_size):
    """The time limit, the pause and the progress apply between these transactions."""
    old = timezone.now() - timedelta(days=200)
    for person in [user, other_user]:
        fill(person, None, None, created_at=old)
    slept: list[float] = []
    monkeypatch.setattr("drf_token_auth.purging.time.sleep", slept.append)
    totals: list[int] = []
    unused: Any = {"unused_for": timedelta(days=180), "batch_size": batch_size}
    operations.purge(**unused, sleep=0.5, progress=totals.append)
    assert totals == [2, 4]
    assert slept == [0.5]
    fill(user, None, None, created_at=old)
    clock = iter(range(100))
    monkeypatch.setattr("drf_token_auth.purging.time.monotonic", lambda: float(next(clock)))
    fill(other_user, None, None, created_at=old)
    assert operations.purge(**unused, time_limit=2) == 2


def test_the_many_unused_of_one_user_are_several_short_transactions(user, monkeypatch):
    monkeypatch.setattr(revocation, "BATCH_SIZE", 2)
    fill(user, *[None] * 5, created_at=timezone.now() - timedelta(days=200))
    totals: list[int] = []
    operations.purge(unused_for=timedelta(days=180), progress=totals.append)
    assert totals == [2, 4, 5]


@override_settings(DRF_TOKEN_AUTH={"LAST_USED_INTERVAL": None})
def test_a_project_that_records_no_use_loses_no_token_in_use(user):
    [token] = fill(user, None, created_at=timezone.now() - timedelta(days=200))
    with pytest.raises(ValueError, match="LAST_USED_INTERVAL is None"):
        operations.purge(unused_for=timedelta(days=180))
    assert get_token_model().objects.get() == token


NONSENSE: list[tuple[str, Any]] = [
    ("older_than", timedelta(days=-2)),
    ("older_than", timedelta.max),
    ("unused_for", timedelta(microseconds=-1)),
    ("unused_for", timedelta.max),
    ("batch_size", 0),
    ("batch_size", -1),
    ("sleep", -0.5),
    ("sleep", float("nan")),
    ("sleep", float("inf")),
    ("time_limit", -1),
    ("time_limit", float("nan")),
]


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize(("name", "value"), NONSENSE)
def test_wrong_arguments_delete_nothing(user, name, value, dry_run):
    now = timezone.now()
    kept = fill(user, now - timedelta(days=1), now + timedelta(days=1))
    with pytest.raises(ValueError, match=name) as caught:
        operations.purge(**{name: value}, dry_run=dry_run)
    assert repr(value) in str(caught.value)
    assert set(get_token_model().objects.all()) == set(kept)


@pytest.mark.parametrize(
    ("option", "value"), [("sleep", "nan"), ("sleep", "inf"), ("time-limit", "nan")]
)
def test_wrong_options_delete_nothing(user, option, value):
    kept = fill(user, timezone.now())
    with pytest.raises(CommandError, match=f"--{option}"):
        call_command("purge_expired_tokens", f"--{option}={value}")
    assert set(get_token_model().objects.all()) == set(kept)


def test_no_row_is_loaded(user):
    now = timezone.now()
    fill(user, *[now - timedelta(seconds=n) for n in range(50)])
    with CaptureQueriesContext(
        connection,
    ) as queries:
        operations.purge(batch_size=20)
    assert not any("digest" in query["sql"] for query in queries)
    assert sum("DELETE" in query["sql"].split("WHERE")[0] for query in queries) == 3
