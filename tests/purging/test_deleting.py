"""The purge in a project with foreign keys to tokens, receivers, or other primary keys."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import CASCADE, PROTECT, RESTRICT, SET_NULL
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from drf_token_auth.managers import all_rows
from drf_token_auth.purging import deleting
from drf_token_auth.rows.revocation import revoke_in_batches
from tests import project_models
from tests.project_models import HANGING, hanging
from tests.queries import queries
from tests.rows import store

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db(transaction=True)


def fill(user: Any, *expiries: Any, model: Any = None, **fields: Any) -> list[Any]:
    model = model or get_token_model()
    rows = [model(user=user, expires_at=expires_at, **fields) for expires_at in expiries]
    return store(rows)


def left() -> set[Any]:
    return set(get_token_model().objects.values_list("pk", flat=True))


def pks(rows: list[Any]) -> set[Any]:
    return {row.pk for row in rows}


@pytest.mark.parametrize(("on_delete", "notes"), [(CASCADE, 1), (SET_NULL, 8)])
def test_a_foreign_key_does_what_on_delete_says(transactional_db, user, on_delete, notes):
    now = timezone.now()
    gone = fill(user, *[now - n * HOUR for n in range(7)])
    kept = fill(user, now + HOUR)
    with project_models.note(on_delete) as model:
        model.objects.bulk_create([model(token=token) for token in gone + kept])
        assert operations.purge(batch_size=3) == 7
        assert left() == pks(kept)
        assert model.objects.count() == notes
        assert pks(model.objects.filter(token__isnull=False)) == pks(
            model.objects.filter(token=kept[0])
        )


@pytest.mark.parametrize("on_delete", [PROTECT, RESTRICT])
def test_a_row_that_is_protected_stays_and_stops_nothing(transactional_db, user, caplog, on_delete):
    now = timezone.now()
    expired = fill(user, *[now - n * HOUR for n in range(7)], *[now - 9 * HOUR] * 4)
    protected = [expired[2], expired[9]]
    with project_models.note(on_delete) as model:
        model.objects.bulk_create([model(token=token) for token in protected])
        for purged in (9, 0):
            caplog.clear()
            assert operations.purge(batch_size=3) == purged
            assert left() == pks(protected)
            assert [(record.levelno, record.args) for record in caplog.records] == [
                (logging.WARNING, (2,))
            ]
        model.objects.all().delete()
        caplog.clear()
        assert operations.purge() == 2
        assert not caplog.records


def test_an_unused_token_that_is_protected_stays_and_stops_nothing(
    transactional_db, user, other_user, caplog
):
    old = timezone.now() - 100 * HOUR
    tokens = fill(user, None, None, None, created_at=old) + fill(other_user, None, created_at=old)
    with project_models.note(PROTECT) as model:
        model.objects.create(token=tokens[1])
        assert operations.purge(unused_for=HOUR) == 3
        assert left() == {tokens[1].pk}
        warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
        assert [record.args for record in warnings] == [(1,)]
        model.objects.all().delete()


@pytest.mark.parametrize("what", HANGING[1:])
def test_rows_with_related_objects_are_deleted_in_small_transactions(
    transactional_db, user, monkeypatch, what
):
    monkeypatch.setattr(deleting, "READ_BATCH_SIZE", 10)
    now = timezone.now()
    fill(user, *[now - timedelta(seconds=n) for n in range(25)], *[now - HOUR] * 20)
    totals: list[int] = []
    with hanging(what):
        assert operations.purge(progress=totals.append) == 45
    assert totals == [10, 20, 30, 40, 45]


@pytest.mark.parametrize("what", HANGING)
def test_a_purge_interrupted_in_a_transaction_keeps_all_its_rows(transactional_db, user, what):
    now = timezone.now()
    expired = fill(user, *[now - timedelta(seconds=n) for n in range(30)])
    kept = fill(user, now + HOUR, None)
    table = get_token_model()._meta.db_table

    def die(execute: Any, sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        if "DELETE FROM" in sql and table in sql:
            raise KeyboardInterrupt
        return result

    with hanging(what):
        with pytest.raises(KeyboardInterrupt), connection.execute_wrapper(die):
            operations.purge(batch_size=10)
        assert left() == pks(expired + kept)
        assert operations.purge(batch_size=10) == 30
        assert left() == pks(kept)


@pytest.mark.parametrize("what", HANGING)
@pytest.mark.parametrize("inside", [True, False], ids=["in a transaction", "outside"])
def test_no_statement_has_more_rows_or_parameters_than_it_may(
    transactional_db, user, monkeypatch, what, inside
):
    """SQLite and PostgreSQL limit the number of parameters in a statement."""
    monkeypatch.setattr(deleting, "MAX_BATCH_SIZE", 10)
    monkeypatch.setattr(deleting, "READ_BATCH_SIZE", 10)
    now = timezone.now()
    fill(user, *[now - HOUR] * 70, *[now - timedelta(seconds=n) for n in range(70)])
    most = {"rows": 0, "parameters": 0}

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        most["parameters"] = max(most["parameters"], len(params or ()))
        if sql.startswith("SELECT"):
            most["rows"] = max(most["rows"], context["cursor"].rowcount)
        return result

    def purge() -> int:
        with connection.execute_wrapper(count):
            return operations.purge(batch_size=30)

    with hanging(what):
        if inside:
            with transaction.atomic():
                assert purge() == 140
        else:
            assert purge() == 140
    assert most["parameters"] < 20
    assert most["rows"] <= 10


@pytest.fixture
def uuid_model(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with project_models.uuid_token() as model:
        monkeypatch.setattr("drf_token_auth.purging.get_token_model", lambda: model)
        yield model


class TestKeysThatAreUuids:
    def test_many_tokens_of_one_moment_are_purged_in_batches(
        self, uuid_model: Any, user: Any
    ) -> None:
        now = timezone.now()
        spread = [now - timedelta(seconds=n) for n in range(20)]
        for inside in (True, False):
            fill(user, *[now - HOUR] * 33, *spread, *[now] * 8, model=uuid_model)
            kept = fill(user, None, now + HOUR, model=uuid_model)
            if inside:
                with transaction.atomic():
                    assert operations.purge(batch_size=5) == 61
            else:
                assert operations.purge(batch_size=5) == 61
            assert set(uuid_model.objects.all()) == set(kept)
            uuid_model.objects.all().delete_silently()

    def test_unused_tokens_are_purged(self, uuid_model: Any, user: Any, other_user: Any) -> None:
        assert operations.purge(unused_for=HOUR) == 0
        old = timezone.now() - 100 * HOUR
        for _ in range(3):
            fill(user, None, None, created_at=old, model=uuid_model)
            fill(other_user, None, created_at=old, model=uuid_model)
        kept = fill(user, None, model=uuid_model)
        assert operations.purge(unused_for=HOUR, batch_size=2) == 9
        assert set(uuid_model.objects.all()) == set(kept)

    def test_tokens_are_revoked_in_batches(self, uuid_model: Any, user: Any) -> None:
        tokens = all_rows(uuid_model, "default")
        assert revoke_in_batches(tokens, reason="command") == 0
        fill(user, *[None] * 7, model=uuid_model)
        assert revoke_in_batches(tokens, reason="command", batch_size=3) == 7


def test_rows_are_locked_before_they_are_read(transactional_db, user):
    fill(user, timezone.now())
    with hanging("a receiver"), queries() as asked:
        assert operations.purge() == 1
    first = next(number for number, sql in enumerate(asked) if sql.startswith("DELETE")) - 2
    if connection.vendor == "sqlite":
        # SQLite locks the whole database for a write, but not for a SELECT.
        assert asked[first - 1].startswith("UPDATE")
    else:
        assert "FOR UPDATE" in asked[first]
