"""With AUTOCOMMIT off, the project's transaction writes the use. Another use does not wait."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from drf_token_auth import operations
from tests.concurrency.conftest import Elsewhere
from tests.conftest import make_user
from tests.lives import row, status_of
from tests.lookup.test_after_request import without_autocommit

pytestmark = [pytest.mark.urls("tests.life_urls"), pytest.mark.django_db(transaction=True)]


def test_another_request_does_not_wait_for_an_open_transaction(elsewhere: Elsewhere) -> None:
    token = operations.issue(make_user())

    def use() -> Any:
        with without_autocommit():
            status = status_of(token)
            connection.commit()
        return status

    with without_autocommit():
        assert status_of(token) == 200
        # The use is not committed yet, so the row is locked.
        assert elsewhere.do(use) == 200
        connection.commit()
    assert row(token).last_used_at is not None


def test_a_use_is_rolled_back_with_the_projects_transaction() -> None:
    token = operations.issue(make_user())
    with without_autocommit():
        assert status_of(token) == 200
        assert row(token).last_used_at is not None
        connection.rollback()
        assert row(token).last_used_at is None
