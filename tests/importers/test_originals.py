"""The old row of a token that is revoked here is deleted with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.db.models import Model

from drf_token_auth import get_token_model, operations
from drf_token_auth.importers import originals
from tests.importing import OldToken, Plaintext, bring_over, fill, install, table
from tests.queries import queries

pytestmark = pytest.mark.django_db
Token = get_token_model()


@pytest.fixture(scope="module", autouse=True)
def _old_table(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), table():
        yield


def test_the_old_rows_of_a_user_are_read_once_for_many_tokens(user, monkeypatch):
    install(Plaintext, monkeypatch)
    fill(user, 30)
    bring_over()
    with queries() as asked:
        assert operations.revoke_all(user) == 30
    reads = [sql for sql in asked if sql.startswith("SELECT") and OldToken._meta.db_table in sql]
    assert len(reads) == 1
    assert not OldToken.objects.exists()


class Unmigrated(Model):
    class Meta:
        app_label = "oldapp"


def test_an_old_app_without_its_table_does_not_stop_a_logout(user, monkeypatch):
    class Nowhere(Plaintext):
        def model(self):
            return Unmigrated

    install(Nowhere, monkeypatch)
    assert operations.issue(user).revoke(reason="logout")


def test_each_schema_is_asked_for_the_old_table(user, monkeypatch):
    """django-tenants sets ``schema_name``: a tenant may have the table where another has none."""
    install(Plaintext, monkeypatch)
    connection = connections["default"]
    monkeypatch.setattr(connection, "schema_name", "blue", raising=False)
    assert originals._is_here(Plaintext(), "default")
    monkeypatch.setattr(connection, "schema_name", "red", raising=False)
    monkeypatch.setattr(connection.introspection, "table_names", list)
    assert not originals._is_here(Plaintext(), "default")
