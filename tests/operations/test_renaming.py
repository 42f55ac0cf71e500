"""A new name for a stored token, and the columns that keep the time of a change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError
from django.db.models.signals import pre_save

from drf_token_auth import get_token_model, operations
from drf_token_auth.operations.renaming import rename
from tests import project_models
from tests.conftest import make_user


def rename_it(token: Any) -> None:
    assert rename(token, "phone")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [rename_it, operations.rotate])
def test_a_change_updates_a_column_with_auto_now(change: Callable[[Any], Any]) -> None:
    with project_models.dated_token() as model:
        token = model.objects.create(user=make_user())
        before = model.objects.get().updated_at
        change(model.objects.get(pk=token.pk))
        assert model.objects.get().updated_at > before


@pytest.mark.django_db
def test_a_revoked_token_cannot_be_renamed(user: Any) -> None:
    token = operations.issue(user)
    operations.revoke(get_token_model().objects.get())
    assert rename(token, "phone") is False
    assert not get_token_model().objects.exists()


@pytest.mark.django_db
def test_a_database_error_is_raised_and_not_taken_for_a_revoked_token(user: Any) -> None:
    token = operations.issue(user)

    def fail(**kwargs: Any) -> None:
        raise DatabaseError("disk full")

    pre_save.connect(fail, sender=get_token_model())
    try:
        with pytest.raises(DatabaseError, match="disk full"):
            rename(token, "phone")
    finally:
        pre_save.disconnect(fail, sender=get_token_model())


@pytest.mark.django_db
def test_a_new_name_writes_no_other_column(user: Any) -> None:
    token = operations.issue(user)
    get_token_model().objects.update(scopes="read")
    assert rename(token, " phone\n ")
    row = get_token_model().objects.get()
    assert (token.name, row.name, row.scopes) == ("phone", "phone", "read")
