"""If an imported token is revoked here, its row in the old table is deleted too."""

from __future__ import annotations

import pytest
from django.db.models import Model

from drf_token_auth import get_token_model, operations
from drf_token_auth.importers import originals
from tests.importing import OldToken, Plaintext, bring_over, fill, install
from tests.queries import queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("old_table")]
Token = get_token_model()


def test_the_old_rows_of_a_user_are_read_once_for_many_tokens(user, monkeypatch):
    install(Plaintext, monkeypatch)
    fill(user, 30)
    bring_over()
    with queries() as asked:
        assert operations.revoke_all(user) == 30
    of_rows = [sql for sql in asked if "JOIN" in sql and OldToken._meta.db_table in sql]
    assert len(of_rows) == 1
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


def test_an_old_table_that_is_dropped_while_the_site_runs_does_not_stop_a_logout(user, monkeypatch):
    """``migrate authtoken zero`` drops the table. With django-tenants, a tenant may lack it."""
    install(Plaintext, monkeypatch)
    tokens = [operations.issue(user) for _ in range(2)]
    assert tokens[0].revoke(reason="logout")
    monkeypatch.setattr(OldToken._meta, "db_table", "oldapp_dropped")
    assert tokens[1].revoke(reason="logout")


def test_a_login_that_revokes_nothing_does_not_look_for_old_tables(user, monkeypatch):
    install(Plaintext, monkeypatch)
    operations.issue(user)
    asked = []
    monkeypatch.setattr(originals, "has_table", lambda *place: asked.append(place))
    operations.issue(user)
    assert asked == []
    operations.revoke_all(user)
    assert len(asked) == 1
