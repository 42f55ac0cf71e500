"""Oracle refuses a LIMIT in a query that locks rows. These tests let Django refuse it, too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from drf_token_auth.rows.revocation import revoke_in_batches
from tests.conftest import make_user
from tests.lives import row, status_of

Token = get_token_model()

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_limit_with_a_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection.features, "supports_select_for_update_with_limit", False)


def test_a_use_is_recorded() -> None:
    token = operations.issue(make_user())
    assert status_of(token) == 200
    assert row(token).last_used_at is not None


STEPS: dict[str, tuple[Callable[[Any], object], list[str]]] = {
    # Each value: the call with the token "laptop", and the names of the usable tokens after it.
    "issue": (lambda token: operations.issue(token.user, name="new"), ["laptop", "new"]),
    "replace": (
        lambda token: [operations.replace(token.user, name="ci") for _ in range(2)],
        ["ci", "laptop", "phone"],
    ),
    "rotate": (operations.rotate, ["laptop", "phone"]),
    "revoke": (operations.revoke, ["phone"]),
    "revoke_all": (lambda token: operations.revoke_all(token.user), []),
    "change_password": (
        lambda token: operations.change_password(token.user, "x y z", keep=token),
        ["laptop"],
    ),
    "revoke in batches": (
        lambda token: revoke_in_batches(Token.objects.all(), reason="command"),
        [],
    ),
    "update_or_create": (
        lambda token: Token.objects.update_or_create(user=token.user, name="x"),
        ["laptop", "x"],
    ),
    "purge": (lambda token: operations.purge(older_than=timedelta(0)), ["laptop", "phone"]),
}


@pytest.mark.parametrize("step", STEPS)
def test_an_operation_works(step: str) -> None:
    act, usable = STEPS[step]
    user = make_user()
    with override_settings(DRF_TOKEN_AUTH={"MAX_TOKENS_PER_USER": 2}):
        for name in ("phone", "laptop"):
            token = operations.issue(user, name=name)
        Token.objects.create(user=user, expires_at=timezone.now())
        act(token)
    assert sorted(one.name for one in Token.objects.usable()) == usable
    assert Token.objects.expired().exists() is (step not in {"purge", "revoke in batches"})
