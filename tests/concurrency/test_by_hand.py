"""AUTOCOMMIT off: the use is written beside the project's transaction, never in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from drf_token_auth import get_token_model, operations
from tests.concurrency.conftest import Elsewhere
from tests.conftest import make_user
from tests.life_urls import InspectedView
from tests.lives import row, status_of
from tests.lookup.test_after_request import by_hand

Token = get_token_model()

pytestmark = [pytest.mark.urls("tests.life_urls"), pytest.mark.django_db(transaction=True)]


def looking(look: Callable[[Any], None]) -> Any:
    return mock.patch.object(InspectedView, "look", staticmethod(look))


def test_the_row_is_free_while_the_view_runs(elsewhere: Elsewhere) -> None:
    token = operations.issue(make_user())

    def lock() -> Any:
        with transaction.atomic():
            found = Token.objects.select_for_update(nowait=True).get(pk=token.pk)
        connection.rollback()  # It is by hand there, too.
        return found

    locked: list[Any] = []
    with by_hand(), looking(lambda request: locked.append(elsewhere.do(lock))):
        assert status_of(token, "/inspected/") == 200
    assert locked == [token]
    assert row(token).last_used_at is not None


def test_what_the_project_has_not_committed_is_neither_committed_nor_lost() -> None:
    tokens = [operations.issue(make_user(name)) for name in ("ada", "bob")]
    users = get_user_model().objects

    def look(request: Any) -> None:
        users.filter(pk=request.user.pk).update(is_staff=True)

    with by_hand(), looking(look):
        assert status_of(tokens[0], "/inspected/") == 200
        connection.commit()
        assert status_of(tokens[1], "/inspected/") == 200
        assert users.filter(is_staff=True).count() == 2
        connection.rollback()
    assert [row(token).user.is_staff for token in tokens] == [True, False]
    assert None not in [row(token).last_used_at for token in tokens]


def test_a_row_the_project_still_holds_is_not_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    """It would be for ever: who holds it comes after this."""
    token = operations.issue(make_user())

    def look(request: Any) -> None:
        Token.objects.filter(pk=token.pk).update(name="renamed")

    with by_hand(), looking(look):
        assert status_of(token, "/inspected/") == 200
        # Nor does it break the project's transaction.
        assert row(token).name == "renamed"
        connection.commit()
    assert "a write after the request failed: OperationalError" in caplog.text
    assert (row(token).name, row(token).last_used_at) == ("renamed", None)
