"""A use changes no index: PostgreSQL stores the new row version beside the old one (HOT)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from tests.lives import at, row, status_of

Token = get_token_model()

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_page(db: None) -> None:
    """Begin with an empty table: on a page that rows of other tests fill, no update is HOT."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {Token._meta.db_table} CASCADE")


def updates() -> tuple[int, int]:
    """Return how many updates this transaction has made, and how many of them changed no index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables"
            " WHERE relid = %s::regclass",
            [Token._meta.db_table],
        )
        return cursor.fetchone()


def use(token: Any, capture: Any) -> tuple[int, int]:
    """Send a request with the token. Return how much :func:`updates` has grown."""
    before = updates()
    with capture(execute=True):
        assert status_of(token) == 200
    after = updates()
    return after[0] - before[0], after[1] - before[1]


def test_a_use_changes_no_index(user: Any, django_capture_on_commit_callbacks: Any) -> None:
    token = operations.issue(user)
    assert use(token, django_capture_on_commit_callbacks) == (1, 1)
    assert row(token).last_used_at is not None


def test_binding_to_the_password_changes_no_index(
    user: Any, django_capture_on_commit_callbacks: Any
) -> None:
    token = operations.issue(user)
    Token.objects.update(user_stamp=None, last_used_at=timezone.now())
    assert use(token, django_capture_on_commit_callbacks) == (1, 1)
    assert row(token).user_stamp is not None


def test_a_renewal_changes_an_index(user: Any, django_capture_on_commit_callbacks: Any) -> None:
    """A renewal changes the index of ``expires_at``, which the purge needs."""
    token = operations.issue(user, idle_timeout=timedelta(hours=1))
    with at(timezone.now() + timedelta(minutes=30)):
        assert use(token, django_capture_on_commit_callbacks) == (1, 0)


@pytest.mark.parametrize("column", ["last_used_at", "user_stamp"])
def test_no_index_has_the_column(column: str) -> None:
    """No definition of an index names the column, not even in an expression or a condition."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass",
            [Token._meta.db_table],
        )
        indexes = [definition for (definition,) in cursor.fetchall()]
    assert any("digest" in definition for definition in indexes)
    assert [definition for definition in indexes if column in definition] == []
