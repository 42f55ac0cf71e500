"""A read-only database: a replica, a standby or a maintenance window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.backends.signals import connection_created
from django.utils import timezone
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, operations
from tests.conftest import make_user
from tests.lives import atomic_requests

pytestmark = [
    # With ATOMIC_REQUESTS, a request writes after the commit, so these tests need real commits.
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "ATOMIC_REQUESTS"]),
]

Token = get_token_model()

READ_ONLY = {
    "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
    "postgresql": (
        "SET default_transaction_read_only = on",
        "SET default_transaction_read_only = off",
    ),
    "mysql": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE"),
}


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@contextmanager
def read_only_database() -> Iterator[None]:
    """Make every write fail, also on connections that open later."""
    on, off = READ_ONLY[connection.vendor]

    def switch(**kwargs: Any) -> None:
        execute(on)

    switch()
    connection_created.connect(switch)
    try:
        with pytest.raises(DatabaseError):
            Token.objects.update(name="written")
        yield
        with pytest.raises(DatabaseError):
            Token.objects.update(name="written")
    finally:
        connection_created.disconnect(switch)
        execute(off)


def ask(token: Any, path: str = "/echo/", word: str = "Token") -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"{word} {token.key}")
    return client.get(path)


def test_a_usable_token_is_accepted(atomic: bool) -> None:
    # The token was never used, so a writable database would record this use.
    token = Token.objects.create(user=make_user())
    with atomic_requests(atomic), read_only_database():
        for _ in range(3):
            answer = ask(token)
            assert answer.status_code == 200
            assert answer.json()["token"] == token.pk
        assert ask(token, "/auth/token/").status_code == 200
        assert ask(token, "/auth/tokens/").status_code == 200
    row = Token.objects.get()
    assert (row.last_used_at, row.name) == (None, "")
    # The database is writable again.
    assert ask(token).status_code == 200
    assert Token.objects.get().last_used_at is not None


def test_an_expired_token_is_refused(atomic: bool) -> None:
    token = Token.objects.create(user=make_user(), expires_at=timezone.now() - timedelta(seconds=1))
    with atomic_requests(atomic), read_only_database():
        answer = ask(token)
        assert answer.status_code == 401
        assert answer.data["detail"].code == "token_expired"
    assert Token.objects.filter(pk=token.pk).exists()


def test_an_unknown_key_is_refused(atomic: bool) -> None:
    token = Token.objects.create(user=make_user())
    Token.objects.all().delete()
    with atomic_requests(atomic), read_only_database():
        assert ask(token).status_code == 401


def test_a_token_that_a_use_would_extend_is_accepted(atomic: bool, settings: Any) -> None:
    settings.DRF_TOKEN_AUTH = {"IDLE_TIMEOUT": timedelta(hours=1)}
    token = operations.issue(make_user())
    before = Token.objects.get(pk=token.pk).expires_at
    with atomic_requests(atomic), read_only_database():
        assert ask(token).status_code == 200
    assert Token.objects.get(pk=token.pk).expires_at == before


def test_a_token_that_a_use_would_rehash_is_accepted(atomic: bool, settings: Any) -> None:
    token = Token.objects.create(user=make_user())
    before = bytes(Token.objects.get().digest)
    settings.DRF_TOKEN_AUTH = {"PEPPERS": {1: "p" * 50}, "PEPPER": 1}
    with atomic_requests(atomic), read_only_database():
        assert ask(token).status_code == 200
        assert bytes(Token.objects.get().digest) == before
    assert ask(token).status_code == 200
    assert bytes(Token.objects.get().digest) != before
    assert ask(token).status_code == 200
