"""Revoke and purge many tokens while users log in, log out and change passwords."""

from __future__ import annotations

import io
import random
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from drf_token_auth.exceptions import PasswordChanged
from tests.concurrency.conftest import PATIENCE, Elsewhere, errors, in_parallel
from tests.conftest import make_user
from tests.lives import listening

Token = get_token_model()
User = get_user_model()
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db(transaction=True)


def revoke_tokens(*typed: str) -> int:
    out = io.StringIO()
    call_command("revoke_tokens", *typed, "--no-input", stdout=out, stderr=io.StringIO())
    return int(out.getvalue().split()[1])


def test_revoke_tokens_locks_the_user_before_the_tokens(elsewhere: Elsewhere) -> None:
    user = make_user()
    tokens = [operations.issue(user) for _ in range(3)]
    with transaction.atomic():
        User._default_manager.select_for_update().get(pk=user.pk)
        job = elsewhere.start_until_locked(lambda: revoke_tokens("--all"))
        # The command waits for the user's lock, and has locked none of the tokens.
        assert list(Token.objects.select_for_update(nowait=True).order_by("pk")) == tokens
    assert job.result(PATIENCE) == 3


def test_revoke_tokens_locks_one_user_at_a_time(elsewhere: Elsewhere) -> None:
    """A request waits at most until the command has revoked the tokens of one user."""
    first, second = make_user("ada"), make_user("bob")
    for user in [first, second]:
        operations.issue(user)
    with transaction.atomic():
        User._default_manager.select_for_update().get(pk=second.pk)
        job = elsewhere.start_until_locked(lambda: revoke_tokens("--all"))
        User._default_manager.select_for_update(nowait=True).get(pk=first.pk)
        assert not Token.objects.filter(user=first).exists()
    assert job.result(PATIENCE) == 2


def test_parallel_commands_revoke_each_token_once() -> None:
    users = [make_user(name) for name in ("ada", "bob", "cyd")]
    tokens = [operations.issue(user) for _ in range(10) for user in users]
    with listening() as heard:
        results = in_parallel(*[lambda: revoke_tokens("--all")] * 4)
    assert errors(results) == []
    assert sum(results) == len(tokens)
    assert sorted(one.token.pk for one in heard) == [token.pk for token in tokens]
    assert {one.reason for one in heard} == {"command"}


class Life:
    """Each method is something that happens to the tokens of some users."""

    def __init__(self, users: list[Any]) -> None:
        self.users = users

    def log_in(self) -> None:
        user = User._default_manager.get(pk=random.choice(self.users).pk)
        # The password may change before the user's row is locked.
        with suppress(PasswordChanged):
            operations.issue(user)

    def change_password(self) -> None:
        """Keep any one token. Its id may be higher than those of the revoked tokens."""
        user = User._default_manager.get(pk=random.choice(self.users).pk)
        kept = Token.objects.filter(user=user).order_by("?").first()
        operations.change_password(user, "another", keep=kept)

    def change_password_unseen(self) -> None:
        user = User._default_manager.get(pk=random.choice(self.users).pk)
        user.set_password("another")
        user.save()

    def log_out_everywhere(self) -> None:
        operations.revoke_all(random.choice(self.users), reason="logout_all")

    def log_out(self) -> None:
        token = Token.objects.order_by("?").first()
        if token is not None:
            token.revoke(reason="logout")

    def expire(self) -> None:
        for pk in Token.objects.order_by("?").values_list("pk", flat=True)[:2]:
            Token.objects.filter(pk=pk).update(expires_at=timezone.now() - HOUR)

    def purge(self) -> None:
        operations.purge(batch_size=3)

    def purge_unused(self) -> None:
        operations.purge(unused_for=timedelta(0), batch_size=50)

    def revoke_in_the_admin(self) -> None:
        Token.objects.all().revoke(reason="admin")

    def revoke_all(self) -> None:
        revoke_tokens("--all")

    def revoke_of_one(self) -> None:
        revoke_tokens("--user", random.choice(self.users).get_username())

    def revoke_a_kind(self) -> None:
        revoke_tokens("--kind", "login", "--unused-for", "0s")


ACTS = [name for name in vars(Life) if name[0] != "_"]


@pytest.mark.parametrize("seed", range(3))
def test_no_request_is_the_victim_of_a_deadlock(seed: int) -> None:
    life = Life([make_user(name) for name in ("ada", "bob", "cyd")])
    chance = random.Random(seed)

    def work(acts: list[str]) -> int:
        for act in acts:
            getattr(life, act)()
        return len(acts)

    with override_settings(DRF_TOKEN_AUTH={"MAX_TOKENS_PER_USER": 6}):
        for _ in range(6):
            life.log_in()
        plans = [chance.choices(["log_in", "log_in", *ACTS], k=30) for _ in range(10)]
        results = in_parallel(*[partial(work, plan) for plan in plans])
    assert errors(results) == []
    assert results == [30] * 10


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("act", ["purge_unused", "revoke_in_the_admin"])
def test_a_bulk_revocation_does_not_deadlock_with_a_password_change(act: str, seed: int) -> None:
    """``change_password`` writes the kept row before it deletes the others."""
    life = Life([make_user(name) for name in ("ada", "bob", "cyd")])
    chance = random.Random(seed)
    acts = ["log_in"] * 6 + ["change_password"] * 2 + ["change_password_unseen", act]

    def work(acts: list[str]) -> int:
        for act in acts:
            getattr(life, act)()
        return len(acts)

    with override_settings(DRF_TOKEN_AUTH={"MAX_TOKENS_PER_USER": 30}):
        plans = [chance.choices(acts, k=40) for _ in range(10)]
        results = in_parallel(*[partial(work, plan) for plan in plans])
    assert errors(results) == []


def test_the_purge_of_unused_tokens_locks_the_user_before_the_tokens(elsewhere: Elsewhere) -> None:
    user = make_user()
    tokens = [operations.issue(user) for _ in range(3)]
    with transaction.atomic():
        User._default_manager.select_for_update().get(pk=user.pk)
        job = elsewhere.start_until_locked(lambda: operations.purge(unused_for=timedelta(0)))
        assert list(Token.objects.select_for_update(nowait=True).order_by("pk")) == tokens
    assert job.result(PATIENCE) == 3
