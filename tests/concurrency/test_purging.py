"""Another connection changes rows at any point of the purge, also inside its transactions."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from drf_token_auth.rows.revocation import revoke_in_batches
from tests.concurrency.conftest import PATIENCE, Elsewhere
from tests.conftest import make_user
from tests.project_models import HANGING, hanging
from tests.rows import store

Token = get_token_model()
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db(transaction=True)
each_dependent = pytest.mark.parametrize("what", HANGING)


def fill(user: Any, *expiries: Any, **fields: Any) -> list[Any]:
    rows = [Token(user=user, expires_at=expires_at, **fields) for expires_at in expiries]
    return store(rows)


def left() -> set[Any]:
    return set(Token.objects.values_list("pk", flat=True))


def pks(rows: list[Any]) -> set[Any]:
    return {row.pk for row in rows}


def wait_for_locks(seconds: int) -> None:
    """Let this connection wait at most so many seconds for a lock."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT set_config('lock_timeout', %s, false)", [f"{seconds * 1000 + 50}"]
            )
        else:
            # With a timeout of 0, SKIP LOCKED raises an error on MariaDB.
            cursor.execute("SET SESSION innodb_lock_wait_timeout = %s", [seconds])


@pytest.fixture
def impatient(elsewhere: Elsewhere) -> Elsewhere:
    elsewhere.do(lambda: wait_for_locks(0))
    return elsewhere


@contextmanager
def before_each_statement(act: Callable[[int], None]) -> Iterator[None]:
    """Call ``act`` with the statement's number before each statement of this connection."""
    numbers = itertools.count()

    def interfere(execute: Any, *statement: Any) -> Any:
        act(next(numbers))
        return execute(*statement)

    with connection.execute_wrapper(interfere):
        yield


def interfered(run: Callable[[], Any], act: Callable[[], int], at: int) -> list[int]:
    """Call ``run``. Before statement ``at``, call ``act``. Return the results of ``act``."""
    said: list[int] = []

    def once(number: int) -> None:
        if number == at:
            said.append(act())

    with before_each_statement(once):
        run()
    return said


class Changed:
    """Repeat a call. In run ``n``, another connection updates a token before statement ``n``."""

    def __init__(self, elsewhere: Elsewhere, begin: Callable[[], Any]) -> None:
        self.elsewhere = elsewhere
        self.begin = begin

    def outcomes(self, run: Callable[[], Any], **values: Any) -> list[tuple[int, int]]:
        """Return two numbers per run: how many rows were updated, and how many are left."""
        found = []
        for number in itertools.count():
            Token.objects.all().delete_silently()
            token = self.begin()

            def change(token: Any = token) -> int:
                return int(self.elsewhere.do(lambda: self.update(token, values)))

            said = interfered(run, change, number)
            if not said:
                return found
            found.append((said[0], Token.objects.filter(pk=token.pk).count()))
        raise AssertionError

    def update(self, token: Any, values: dict[str, Any]) -> int:
        try:
            return Token._base_manager.filter(pk=token.pk).update(**values)
        except OperationalError:  # the purge holds the row
            return 0


@each_dependent
@pytest.mark.parametrize("tied", [True, False], ids=["of one moment", "spread"])
def test_a_row_that_is_renewed_meanwhile_stays(impatient: Elsewhere, what: str, tied: bool) -> None:
    user = make_user()

    def three() -> Any:
        now = timezone.now()
        fill(user, now + HOUR)
        return fill(user, *[now - n * (not tied) * HOUR for n in range(3)])[1]

    with hanging(what):
        outcomes = Changed(impatient, three).outcomes(
            lambda: operations.purge(batch_size=2), expires_at=timezone.now() + 5 * HOUR
        )
    assert len(outcomes) > 3
    assert outcomes.count((1, 1)) > 1
    assert all(changed == rows for changed, rows in outcomes), outcomes


@pytest.mark.parametrize("by", ["the purge", "revoke_tokens"])
def test_a_token_that_is_used_meanwhile_is_not_unused(impatient: Elsewhere, by: str) -> None:
    user = make_user()
    old = timezone.now() - 100 * HOUR

    def three() -> Any:
        return fill(user, None, None, None, created_at=old)[1]

    def run() -> None:
        if by == "the purge":
            operations.purge(unused_for=HOUR)
        else:
            unused = Token.objects.filter(last_used_at__isnull=True)
            revoke_in_batches(unused, reason="command")

    outcomes = Changed(impatient, three).outcomes(run, last_used_at=timezone.now())
    assert outcomes.count((1, 1)) > 1
    assert all(changed == rows for changed, rows in outcomes), outcomes


@contextmanager
def held(elsewhere: Elsewhere, token: Any) -> Iterator[None]:
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Token.objects.select_for_update().get(pk=token.pk)
            holding.set()
            assert done.wait(PATIENCE)

    job = elsewhere.start(hold)
    assert holding.wait(PATIENCE)
    try:
        yield
    finally:
        done.set()
        job.result(PATIENCE)


@each_dependent
@pytest.mark.parametrize("batch_size", [5, 20], ids=["a few", "nearly all rows"])
def test_a_row_that_is_held_is_left_for_the_next_run(
    elsewhere: Elsewhere, what: str, batch_size: int
) -> None:
    user, now = make_user(), timezone.now()
    kept = fill(user, now + HOUR)
    expired = fill(user, *[now - n * HOUR for n in range(20)])
    with hanging(what):
        wait_for_locks(1)
        try:
            with held(elsewhere, expired[7]):
                assert operations.purge(batch_size=batch_size) == 19
                assert left() == pks([*kept, expired[7]])
        finally:
            connection.close()  # a new connection has the default timeout
        assert operations.purge(batch_size=batch_size) == 1
        assert left() == pks(kept)


@each_dependent
def test_no_row_in_use_is_held(impatient: Elsewhere, what: str) -> None:
    """The purge locks no usable token, not even the row next to the expired ones."""
    user, now = make_user(), timezone.now()
    fill(user, *[now - timedelta(seconds=n) for n in range(60)])
    in_use = fill(user, *[now + HOUR + timedelta(seconds=n) for n in range(300)], None)
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE TABLE {Token._meta.db_table}")
            cursor.fetchall()

    def use() -> None:
        with transaction.atomic():
            for token in [in_use[0], in_use[-1]]:
                assert Token.objects.filter(pk=token.pk).update(last_used_at=now) == 1

    with hanging(what), before_each_statement(lambda number: impatient.do(use)):
        assert operations.purge(batch_size=40) == 60
    assert left() == pks(in_use)


def kill(backend: int) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
        else:
            cursor.execute("KILL %s", [backend])


def backend_of_this() -> int:
    with connection.cursor() as cursor:
        postgres = connection.vendor == "postgresql"
        cursor.execute("SELECT pg_backend_pid()" if postgres else "SELECT connection_id()")
        return int(cursor.fetchone()[0])


@each_dependent
def test_a_lost_connection_leaves_no_batch_half_deleted(elsewhere: Elsewhere, what: str) -> None:
    user, now = make_user(), timezone.now()
    fill(user, *[now - timedelta(seconds=n) for n in range(30)])
    kept = fill(user, now + HOUR, None)
    killed: list[int] = []

    def die(execute: Any, sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        if "DELETE FROM" in sql and connection.in_atomic_block and not killed:
            killed.append(backend_of_this())
            elsewhere.do(lambda: kill(killed[0]))
        return result

    totals: list[int] = []
    with hanging(what):
        with connection.execute_wrapper(die):
            try:
                assert operations.purge(batch_size=10, progress=totals.append) == 30
            except OperationalError:
                assert len(left()) == 32 - (totals or [0])[-1]
        assert killed
        operations.purge(batch_size=10)
        assert left() == pks(kept)
