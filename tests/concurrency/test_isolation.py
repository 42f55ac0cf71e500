"""Parallel requests succeed at each isolation level other than READ COMMITTED."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db.models.signals import pre_save
from django.test import Client

from drf_token_auth import get_token_model, operations
from tests.admin.pages import add, url
from tests.concurrency.conftest import Elsewhere, errors, in_parallel
from tests.concurrency.test_flows import isolate
from tests.conftest import PASSWORD, make_user
from tests.lives import atomic_requests, client_of, log_in

Token = get_token_model()
AT_ONCE = 4

pytestmark = pytest.mark.django_db(transaction=True)
levels = pytest.mark.parametrize("level", ["READ UNCOMMITTED", "REPEATABLE READ", "SERIALIZABLE"])


def at_level(level: str, *requests: Any) -> list[int]:
    """Send the requests in parallel, each on a connection of this level. Return their statuses."""

    def sent(request: Any) -> Any:
        isolate(level)
        return request()

    answers = in_parallel(*(lambda one=one: sent(one) for one in requests))
    assert errors(answers) == []
    return [answer.status_code for answer in answers]


@pytest.fixture
def staff() -> list[Client]:
    """Return clients that are all logged in as one superuser."""
    users: Any = get_user_model()
    person = users.objects.create_superuser(
        **{users.USERNAME_FIELD: "root@example.com", "password": PASSWORD}
    )
    clients = [Client(raise_request_exception=False) for _ in range(AT_ONCE)]
    for client in clients:
        client.force_login(person)
    return clients


@levels
@pytest.mark.parametrize("atomic", [False, True])
def test_the_admin_makes_tokens_in_parallel(
    staff: list[Client], settings: Any, level: str, atomic: bool
) -> None:
    settings.DRF_TOKEN_AUTH = {"MAX_TOKENS_PER_USER": 2}
    user = make_user()
    with atomic_requests(atomic):
        statuses = at_level(level, *(lambda one=one: add(one, user) for one in staff))
    assert statuses == [200] * AT_ONCE
    assert Token.objects.filter(user=user).count() == 2


@levels
@pytest.mark.parametrize("atomic", [False, True])
def test_the_admin_revokes_one_token_in_parallel(
    staff: list[Client], level: str, atomic: bool
) -> None:
    page = url("delete", operations.issue(make_user()).pk)
    done = {"post": "yes"}
    with atomic_requests(atomic):
        statuses = at_level(level, *(lambda one=one: one.post(page, done) for one in staff))
    # The other requests find that the token does not exist any more.
    assert set(statuses) == {302}
    assert not Token.objects.exists()


@levels
def test_the_admin_renames_a_token_that_is_revoked_meanwhile(
    staff: list[Client], elsewhere: Elsewhere, level: str
) -> None:
    token = operations.issue(make_user())

    def revoke(instance: Any, **kwargs: Any) -> None:
        elsewhere.do(lambda: operations.revoke(token))

    pre_save.connect(revoke, sender=Token)
    try:
        page = url("change", token.pk)
        assert at_level(level, lambda: staff[0].post(page, {"name": "new"})) == [302]
    finally:
        pre_save.disconnect(revoke, sender=Token)
    assert not Token.objects.exists()


@levels
def test_rotations_logins_and_revocations_of_one_account_succeed_in_parallel(
    level: str, settings: Any
) -> None:
    settings.DRF_TOKEN_AUTH = {"LOGIN_RATES": None, "MAX_TOKENS_PER_USER": 3}
    user = make_user()
    token = operations.issue(user)

    def rotate() -> Any:
        return client_of(token).post("/auth/token/rotate/")

    def revoke() -> Any:
        return client_of(token).post("/auth/revoke/", {"token": operations.issue(user).key})

    assert at_level(level, *[rotate] * 3) == [200] * 3
    assert set(at_level(level, *[lambda: log_in(user)] * 4, *[revoke] * 2)) == {200}
    assert Token.objects.filter(user=user, kind="login").count() <= 3


@levels
def test_a_login_with_the_new_password_succeeds_beside_other_logins(
    level: str, settings: Any
) -> None:
    settings.DRF_TOKEN_AUTH = {"LOGIN_RATES": None}
    user = make_user()
    other = make_user("bob")

    def change() -> Any:
        isolate(level)
        operations.change_password(user, "another " + PASSWORD)
        return log_in(user, password="another " + PASSWORD)

    statuses = at_level(level, change, *[lambda: log_in(user)] * 2, lambda: log_in(other))
    assert statuses[0] == statuses[-1] == 200
    assert set(statuses[1:-1]) <= {200, 400}
    # Tokens that are bound to the old password do not work, even if one was made meanwhile.
    assert Token.objects.alive_for(type(user)._default_manager.get(pk=user.pk)).count() == 1
