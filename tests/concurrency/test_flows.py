"""Logins, rotations, logouts, password changes and the purge run in parallel without a deadlock.

No token is left that should have been revoked.
"""

from __future__ import annotations

import random
import threading
from contextlib import nullcontext, suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import OperationalError, connection, transaction
from django.test import override_settings
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from drf_token_auth.conf import get_settings
from drf_token_auth.exceptions import Refused, TokenLimitReached
from tests.concurrency.conftest import PATIENCE, Elsewhere, errors, in_parallel
from tests.conftest import PASSWORD, make_user
from tests.lives import atomic_requests, client_of, listening, log_in, status_of

Token = get_token_model()
User = get_user_model()

pytestmark = [pytest.mark.urls("tests.life_urls"), pytest.mark.django_db(transaction=True)]
both = pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "ATOMIC_REQUESTS"])
HOUR = timedelta(hours=1)


def settings(**conf: Any) -> Any:
    return override_settings(DRF_TOKEN_AUTH={"LOGIN_RATES": None, **conf})


# The limit


@both
@pytest.mark.parametrize("when_full", ["evict_oldest", "reject"])
@pytest.mark.parametrize("before", [0, 4, 5])
def test_20_logins_at_the_limit(atomic: bool, when_full: str, before: int) -> None:
    user = make_user()
    with (
        settings(MAX_TOKENS_PER_USER=5, WHEN_FULL=when_full),
        atomic_requests(atomic),
        listening() as heard,
    ):
        for _ in range(before):
            operations.issue(user)
        results = in_parallel(*[lambda: log_in(user)] * 20)
        assert errors(results) == []
        keys = [one.data["token"] for one in results if one.status_code == 200]
        usable = [key for key in keys if status_of(key) == 200]
    assert Token.objects.count() == 5
    created = sum(one.what == "created" for one in heard)
    revoked = sum(one.what == "revoked" for one in heard)
    assert created - revoked == 5
    if when_full == "reject":
        assert len(keys) == len(usable) == 5 - before
        assert {one.status_code for one in results} <= {200, 403}
        assert revoked == 0
    else:
        assert len(keys) == 20
        assert len(usable) == 5


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize(
    "make",
    [operations.issue, lambda user: Token.objects.create(user=user)],
    ids=["issue", "create"],
)
def test_the_limit_holds_in_transactions_that_began_before(level: str, make: Any) -> None:
    """A plain SELECT in such a transaction does not see the tokens of other transactions."""
    user = make_user()
    all_began = threading.Barrier(8)

    def issue_late() -> Any:
        isolate(level)
        with transaction.atomic():
            assert User._default_manager.filter(pk=user.pk).exists()
            all_began.wait(PATIENCE)
            return make(user)

    with settings(MAX_TOKENS_PER_USER=3):
        results = in_parallel(*[issue_late] * 8)
    refused = errors(results)
    assert all(isinstance(one, OperationalError) for one in refused), refused
    if connection.vendor == "mysql" and level == "REPEATABLE READ":
        assert refused == []
    assert Token.objects.count() == min(3, 8 - len(refused))


def test_logout_everywhere_reaches_tokens_that_are_newer_than_its_transaction(
    elsewhere: Elsewhere,
) -> None:
    """The login writes the user's row, so PostgreSQL refuses the older transaction."""
    user = make_user()
    refuses = connection.vendor == "postgresql"
    isolate("REPEATABLE READ")
    try:
        with (
            pytest.raises(OperationalError, match="concurrent update")
            if refuses
            else nullcontext(),
            transaction.atomic(),
        ):
            assert User._default_manager.filter(pk=user.pk).exists()
            elsewhere.do(lambda: isolate("REPEATABLE READ"))
            token = elsewhere.do(lambda: operations.issue(user))
            assert operations.revoke_all(user) == 1
        if refuses:
            assert status_of(token) == 200
            assert operations.revoke_all(user) == 1
    finally:
        connection.close()
    assert not Token.objects.exists()


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_parallel_calls_of_issue_all_succeed_at_each_isolation_level(level: str) -> None:
    user = make_user()

    def issue() -> Any:
        isolate(level)
        return operations.issue(user)

    with settings(MAX_TOKENS_PER_USER=3):
        results = in_parallel(*[issue] * 8)
    assert errors(results) == []
    assert Token.objects.count() == 3


def isolate(level: str) -> None:
    """Set the isolation level of this thread's connection."""
    sql = {
        "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL ",
        "mysql": "SET SESSION TRANSACTION ISOLATION LEVEL ",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(sql + level)
    if connection.vendor == "mysql":
        connection.isolation_level = level.lower()
    else:
        connection.isolation_level = type(connection.isolation_level)[level.replace(" ", "_")]


def test_each_kind_has_a_limit_of_its_own() -> None:
    user = make_user()
    with settings(MAX_TOKENS_PER_USER=3):
        calls = [
            lambda kind=kind: operations.issue(user, kind=kind)
            for kind in ("login", "personal")
            for _ in range(8)
        ]
        assert errors(in_parallel(*calls)) == []
    for kind in ("login", "personal"):
        assert Token.objects.filter(kind=kind).count() == 3


def test_parallel_calls_of_get_or_create_make_one_token() -> None:
    user = make_user()
    results = in_parallel(*[lambda: Token.objects.get_or_create(user=user)] * 12)
    assert errors(results) == []
    assert sum(made for _, made in results) == 1
    assert len({token.pk for token, _ in results}) == Token.objects.count() == 1


# Rotation


@both
@pytest.mark.parametrize("at_once", [2, 8])
def test_rotations_at_once_leave_one_usable_key(atomic: bool, at_once: int) -> None:
    token = operations.issue(make_user())
    with settings(), atomic_requests(atomic), listening() as heard:
        results = in_parallel(*[lambda: client_of(token).post("/auth/token/rotate/")] * at_once)
        assert errors(results) == []
        assert {one.status_code for one in results} == {200}
        keys = [one.data["token"] for one in results]
        assert len(set(keys)) == at_once
        assert sum(status_of(key) == 200 for key in keys) == 1
        assert status_of(token) == 200
    assert Token.objects.count() == 1
    assert [one.what for one in heard][:at_once] == ["rotated"] * at_once
    # Later rotations have replaced all new keys but the last. A use of a replaced key is reuse.
    assert [one.what for one in heard[at_once:]] == ["reused"] * (at_once - 1)


@pytest.mark.parametrize("grace", [timedelta(0), None])
def test_one_of_many_parallel_rotations_succeeds_without_a_grace(grace: timedelta | None) -> None:
    token = operations.issue(make_user())
    with settings(ROTATION_GRACE=grace):
        results = in_parallel(*[lambda: client_of(token).post("/auth/token/rotate/")] * 6)
        assert errors(results) == []
        done = [one for one in results if one.status_code == 200]
        assert len(done) == 1
        assert {one.status_code for one in results} == {200, 401}
        assert status_of(done[0].data["token"]) == 200
        assert status_of(token) == 401


def test_rotation_beside_revocation_restores_no_token() -> None:
    user = make_user()
    for _ in range(10):
        token = operations.issue(user)
        rotation, revocation = in_parallel(
            lambda: operations.rotate(token),  # noqa: B023 -- called before the next round
            lambda: operations.revoke(token, reason="logout"),  # noqa: B023
        )
        assert revocation is True
        assert isinstance(rotation, (Token, Refused)), rotation
        assert not Token.objects.exists()
        if isinstance(rotation, Token):
            assert Token.objects.from_key(rotation.key) is None


# One event for each token


def test_one_of_many_parallel_revocations_revokes_the_token() -> None:
    token = operations.issue(make_user())
    with listening() as heard:
        results = in_parallel(*[lambda: operations.revoke(token, reason="logout")] * 10)
    assert sorted(results) == [False] * 9 + [True]
    assert [one.what for one in heard] == ["revoked"]


def test_parallel_revocations_revoke_each_token_once() -> None:
    user = make_user()
    tokens = [operations.issue(user) for _ in range(12)]
    with listening() as heard:
        results = in_parallel(
            lambda: operations.revoke_all(user, reason="logout_all"),
            lambda: operations.revoke_all(user, reason="admin"),
            lambda: Token.objects.filter(user=user).revoke(reason="command"),
            lambda: Token.objects.all().delete(),
        )
    assert errors(results) == []
    assert sorted(one.token.pk for one in heard) == sorted(token.pk for token in tokens)
    assert not Token.objects.exists()


# Logins, logouts and password changes in parallel


def user_with_outdated_tokens(count: int = 6, **options: Any) -> Any:
    """Return a user with login tokens that are bound to an old password."""
    user = make_user()
    for _ in range(count):
        operations.issue(user, **options)
    user.set_password(PASSWORD + "!")
    user.set_password(PASSWORD)  # the same password with a new salt, so another hash
    user.save()
    return User._default_manager.get(pk=user.pk)


@pytest.mark.parametrize("round_", range(6))
def test_a_login_beside_logout_all_causes_no_deadlock(round_: int) -> None:
    user = user_with_outdated_tokens()
    with settings():
        results = in_parallel(
            *[lambda: operations.issue(user)] * 3,
            *[lambda: operations.revoke_all(user, reason="logout_all")] * 3,
        )
    assert errors(results) == []
    assert not Token.objects.with_old_password(user).exists()


def test_a_login_waits_for_the_users_lock_before_it_locks_a_token(elsewhere: Elsewhere) -> None:
    """An operation that needs both locks takes the user's first. This prevents deadlocks."""
    user = user_with_outdated_tokens(1)
    token = Token.objects.get()
    with transaction.atomic():
        User._default_manager.select_for_update().get(pk=user.pk)
        job = elsewhere.start_until_locked(lambda: operations.issue(user))
        # If the login held the lock of the token, nowait would raise an error here.
        assert Token.objects.select_for_update(nowait=True).get() == token
    assert status_of(job.result(PATIENCE)) == 200


def test_a_user_of_several_tables_is_locked_in_the_order_of_save(elsewhere: Elsewhere) -> None:
    """``save()`` writes the parent tables first. Locks in another order could cause a deadlock."""
    user = make_user()
    *_, topmost = (one for one in User.__mro__ if hasattr(one, "_meta") and not one._meta.abstract)
    with transaction.atomic():
        # With the primary key alone, the query joins and locks no other table.
        locked = [
            model._base_manager.select_for_update(nowait=True).values_list("pk")
            for model in (topmost, User)
        ]
        assert len(locked[0].filter(pk=user.pk)) == 1
        job = elsewhere.start_until_locked(lambda: operations.issue(user))
        assert len(locked[1].filter(pk=user.pk)) == 1
    assert status_of(job.result(PATIENCE)) == 200


def test_change_password_waits_for_the_users_lock_before_it_locks_a_token(
    elsewhere: Elsewhere,
) -> None:
    user = user_with_outdated_tokens(2)
    tokens = list(Token.objects.order_by("pk"))
    with transaction.atomic():
        User._default_manager.select_for_update().get(pk=user.pk)
        job = elsewhere.start_until_locked(
            lambda: operations.change_password(user, "new", keep=tokens[1])
        )
        assert len(Token.objects.select_for_update(nowait=True)) == 2
    job.result(PATIENCE)
    assert list(Token.objects.all()) == [tokens[1]]


def test_a_hash_upgrade_waits_for_the_users_lock_before_it_locks_a_token(
    elsewhere: Elsewhere,
) -> None:
    with override_settings(PASSWORD_HASHERS=[f"{__name__}.OldHasher"]):
        user = make_user()
        token = operations.issue(user)

    def upgrade() -> bool:
        with transaction.atomic():
            return bool(User._default_manager.get(pk=user.pk).check_password(PASSWORD))

    with override_settings(PASSWORD_HASHERS=[f"{__name__}.NewHasher"]):
        with transaction.atomic():
            User._default_manager.select_for_update().get(pk=user.pk)
            job = elsewhere.start_until_locked(upgrade)
            assert Token.objects.select_for_update(nowait=True).get() == token
        assert job.result(PATIENCE) is True
        assert status_of(token) == 200


@pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "a transaction"])
def test_a_token_works_after_parallel_hash_upgrades(atomic: bool) -> None:
    with override_settings(PASSWORD_HASHERS=[f"{__name__}.OldHasher"]):
        user = make_user()
        token = operations.issue(user)
    all_loaded = threading.Barrier(4)

    def check_late() -> Any:
        with transaction.atomic() if atomic else nullcontext():
            mine = User._default_manager.get(pk=user.pk)
            all_loaded.wait(PATIENCE)
            return mine.check_password(PASSWORD)

    with override_settings(PASSWORD_HASHERS=[f"{__name__}.NewHasher"]):
        results = in_parallel(*[check_late] * 4)
        assert results == [True] * 4
        assert status_of(token) == 200


def test_parallel_logins_that_all_upgrade_the_hash_all_succeed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with override_settings(PASSWORD_HASHERS=[f"{__name__}.OldHasher"]):
        user = make_user()
        token = operations.issue(user)
    all_verified = threading.Barrier(4)
    verify = OldHasher.verify

    def verify_together(self: Any, password: str, encoded: str) -> bool:
        is_right = verify(self, password, encoded)
        if encoded.split("$")[1] == "10":
            all_verified.wait(PATIENCE)
        return is_right

    monkeypatch.setattr(PBKDF2PasswordHasher, "verify", verify_together)
    with settings(), override_settings(PASSWORD_HASHERS=[f"{__name__}.NewHasher"]):
        results = in_parallel(*[lambda: log_in(user)] * 4)
        assert errors(results) == []
        assert [one.status_code for one in results] == [200] * 4
        keys = [one.data["token"] for one in results]
        assert [status_of(one) for one in [token, *keys]] == [200] * 5


def test_a_password_change_beside_logins_with_the_old_password_leaves_no_token() -> None:
    user = make_user()

    def change() -> Any:
        operations.change_password(User._default_manager.get(pk=user.pk), "a new one")

    with settings():
        results = in_parallel(*[lambda: log_in(user)] * 6, change)
        assert errors(results) == []
        keys = [one.data["token"] for one in results[:6] if one.status_code == 200]
        assert {one.status_code for one in results[:6]} <= {200, 400}
        assert [status_of(key) for key in keys] == [401] * len(keys)


class OldHasher(PBKDF2PasswordHasher):
    iterations = 10


class NewHasher(PBKDF2PasswordHasher):
    iterations = 20


# All operations in parallel


@pytest.mark.parametrize("round_", range(4))
def test_logins_beside_the_purge_cause_no_deadlock(round_: int) -> None:
    """Both delete the same rows: expired tokens that are bound to an old password."""
    user = user_with_outdated_tokens(40)
    now = timezone.now()
    # The order of expires_at is the reverse of the order of ids.
    for number, pk in enumerate(Token.objects.order_by("-pk").values_list("pk", flat=True)):
        Token.objects.filter(pk=pk).update(expires_at=now - HOUR + timedelta(seconds=number))
    with settings():
        results = in_parallel(
            *[lambda: operations.issue(user)] * 3,
            lambda: operations.purge(batch_size=1000),
            lambda: operations.purge(batch_size=3),
            lambda: Token.objects.filter(user=user).revoke(reason="admin"),
        )
    assert errors(results) == []


class Account:
    """Each method is something that happens to the tokens of one user."""

    def __init__(self, user: Any) -> None:
        self.user = user

    def login(self) -> Any:
        before = self._stored_password()
        response = log_in(self.user)
        if response.status_code == 403:
            assert get_settings().WHEN_FULL == "reject"
        elif response.status_code == 400:
            # A login is refused only if the password changes twice while the login runs.
            assert self._stored_password() != before
        else:
            assert response.status_code == 200
        return response

    def _stored_password(self) -> Any:
        return User._default_manager.values_list("password", flat=True).get(pk=self.user.pk)

    def log_in_and(self, path: str) -> None:
        response = self.login()
        if response.status_code == 200:
            status = client_of(response.data["token"]).post(path).status_code
            assert status in {200, 201, 204, 401, 403}, status

    def rotate(self) -> None:
        self.log_in_and("/auth/token/rotate/")

    def logout(self) -> None:
        self.log_in_and("/auth/logout/")

    def logout_all(self) -> None:
        self.log_in_and("/auth/logout/all/")

    def logout_others(self) -> None:
        self.log_in_and("/auth/logout/others/")

    def make_personal(self) -> None:
        self.log_in_and("/auth/tokens/")

    def revoke_all(self) -> None:
        operations.revoke_all(self.user, reason="admin", kinds=("login", "personal"))

    def revoke_all_as_a_queryset(self) -> None:
        Token.objects.all().revoke(reason="command")

    def get_or_create(self) -> None:
        # self.user may hold an old hash. Then get_or_create() finds no token, and creates one.
        with suppress(TokenLimitReached):
            Token.objects.get_or_create(user=self.user)

    def rotate_any(self) -> None:
        for token in Token.objects.select_related("user").order_by("?")[:2]:
            with suppress(Refused):
                operations.rotate(token)

    def revoke_any(self) -> None:
        for token in Token.objects.order_by("?")[:2]:
            token.revoke(reason="admin")

    def expire_any(self) -> None:
        for token in Token.objects.order_by("?")[:1]:
            Token.objects.filter(pk=token.pk).update(expires_at=timezone.now())

    def change_password(self) -> None:
        for token in Token.objects.order_by("?")[:1]:
            user = User._default_manager.get(pk=self.user.pk)
            operations.change_password(user, PASSWORD, keep=token)

    def purge(self) -> None:
        operations.purge(batch_size=3)

    def purge_unused(self) -> None:
        operations.purge(unused_for=timedelta(0), batch_size=2)


ACTS = [name for name in vars(Account) if name[0] != "_" and name != "log_in_and"]


@both
@pytest.mark.parametrize("when_full", ["evict_oldest", "reject"])
def test_a_busy_account_causes_no_deadlock(atomic: bool, when_full: str) -> None:
    """One user has as many devices as the limit allows. Staff and two cron jobs act too."""
    account = Account(make_user())
    chance = random.Random(5)

    def work(acts: list[str]) -> int:
        for act in acts:
            getattr(account, act)()
        return len(acts)

    with settings(MAX_TOKENS_PER_USER=4, WHEN_FULL=when_full), atomic_requests(atomic):
        plans = [chance.choices(ACTS, k=25) for _ in range(12)]
        results = in_parallel(*[partial(work, plan) for plan in plans])
    assert errors(results) == []
    assert results == [25] * 12
    assert Token.objects.usable().filter(kind="personal").count() <= 4
