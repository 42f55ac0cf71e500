"""Import while users log in and out in both apps, and while a second import runs."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import OperationalError, transaction
from django.test import override_settings

from drf_token_auth import get_token_model, operations
from drf_token_auth.importers import copying, walks
from drf_token_auth.importers.packages import SOURCES
from drf_token_auth.rows.locking import lock_user
from tests.concurrency.conftest import PATIENCE, Elsewhere, errors, impatient, in_parallel
from tests.conftest import make_user
from tests.importing import OldToken, Plaintext, bring_over, fill, install, number, table
from tests.lives import status_of

pytestmark = pytest.mark.django_db(transaction=True)
Token = get_token_model()
User = get_user_model()


@pytest.fixture(scope="module", autouse=True)
def _old_table(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), table():
        yield


@pytest.fixture(autouse=True)
def _no_rows_of_another_test(db: None, _old_table: None) -> Iterator[None]:
    yield
    OldToken.objects.all().delete()


class OpenTransaction:
    """A transaction of another connection. It acts, and keeps its locks until ``end()``."""

    def __init__(self, elsewhere: Elsewhere, act: Callable[[], Any], *, fails: bool = False):
        self.fails = fails
        self.act = act
        self.has_acted, self.may_end = threading.Event(), threading.Event()
        self.done = elsewhere.start(self.run)
        assert self.has_acted.wait(PATIENCE)

    def run(self) -> None:
        with transaction.atomic():
            self.act()
            self.has_acted.set()
            assert self.may_end.wait(PATIENCE)
            transaction.set_rollback(self.fails)

    def end(self, *_: Any) -> None:
        self.may_end.set()
        self.done.result(PATIENCE)


def test_an_uncommitted_logout_in_the_old_app_wins_over_the_import(elsewhere: Elsewhere) -> None:
    kept, gone = fill(make_user(), 2)
    logout = OpenTransaction(elsewhere, OldToken.objects.filter(key=gone).delete)
    # The import calls progress after a batch, so it has not waited for the logout.
    assert bring_over(progress=logout.end) == {"imported": 1}
    assert [status_of(key) for key in (kept, gone)] == [200, 401]


def test_a_logout_that_is_rolled_back_does_not_stop_the_import(elsewhere: Elsewhere) -> None:
    keys = fill(make_user(), 2)
    logout = OpenTransaction(elsewhere, OldToken.objects.filter(key=keys[0]).delete, fails=True)
    assert bring_over(progress=logout.end) == {"imported": 2}
    assert [status_of(key) for key in keys] == [200, 200]


def test_an_uncommitted_login_here_delays_only_its_users_rows(elsewhere: Elsewhere) -> None:
    user, other = make_user(), make_user("bob")
    fill(user, 2)
    fill(other, start=2)
    login = OpenTransaction(elsewhere, lambda: operations.issue(user))
    steps: list[int] = []

    def progress(imported: int) -> None:
        steps.append(imported)
        login.end()

    assert bring_over(progress=progress) == {"imported": 3}
    assert steps == [1, 3]


def test_an_imported_token_survives_an_uncommitted_password_change(elsewhere: Elsewhere) -> None:
    user = make_user()
    (key,) = fill(user)

    def change() -> None:
        user.set_password("another")
        user.save()

    assert bring_over(progress=OpenTransaction(elsewhere, change).end)["imported"] == 1
    # In the old app too, the token survives a password change.
    assert status_of(key) == 200
    assert Token.objects.alive_for(User.objects.get()).count() == 1


def test_rows_locked_all_the_time_are_reported(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walks, "ATTEMPTS", 2)
    monkeypatch.setattr(walks, "PAUSE", 0)
    monkeypatch.setitem(SOURCES, "authtoken", Plaintext)
    user = make_user()
    fill(user, 2)
    fill(make_user("bob"), start=2)
    busy = OpenTransaction(elsewhere, lambda: lock_user(Token, user.pk, using="default"))
    out = StringIO()
    with pytest.raises(CommandError, match="kept 2 rows locked"):
        call_command("import_tokens", "authtoken", stdout=out)
    assert out.getvalue().startswith("Imported 1 tokens. Already here: 0.")
    busy.end()
    assert bring_over() == {"imported": 2, "present": 1}


def test_a_dry_run_takes_no_locks_and_does_not_wait(elsewhere: Elsewhere) -> None:
    user = make_user()
    fill(user, 2)
    busy = OpenTransaction(elsewhere, lambda: lock_user(Token, user.pk, using="default"))
    assert bring_over(dry_run=True) == {"imported": 2}
    busy.end()


def test_a_key_created_here_meanwhile_is_not_imported_again(elsewhere: Elsewhere) -> None:
    user, other = make_user(), make_user("bob")
    (key,) = fill(user)
    # Create the token for another user, because the import leaves rows of a locked user for later.
    made = OpenTransaction(elsewhere, lambda: Token.objects.create(user=other, key=key))
    threading.Timer(0.5, made.may_end.set).start()
    assert bring_over() == {"present": 1}
    assert Token.objects.get().user == other


def test_parallel_imports_import_each_row_once() -> None:
    for n in range(5):
        fill(make_user(f"user{n}"), 40, start=40 * n)
    counts = in_parallel(*[lambda: bring_over(batch_size=7)] * 4)
    assert errors(counts) == []
    assert sum(one.get("imported", 0) for one in counts) == 200
    assert {one.get("imported", 0) + one.get("present", 0) for one in counts} == {200}
    assert Token.objects.count() == 200


class Crowd:
    """Users who log in and out for five seconds, in the old app (there) and in ours (here).

    A logout or a use in the old app locks a user's row and a token's row, always in the same order.
    With both orders in parallel, these transactions would deadlock with each other, without any
    import.
    """

    def __init__(self, user_first: bool) -> None:
        self.user_first = user_first
        self.users = [make_user(f"user{n}") for n in range(6)]
        self.numbers = iter(range(1_000_000))
        self.kept = [
            key for n, user in enumerate(self.users) for key in fill(user, 3, start=10**9 + 10 * n)
        ]
        self.ends = time.monotonic() + 5

    def until_the_end(self, act: Callable[[], Any]) -> Callable[[], None]:
        def run() -> None:
            while time.monotonic() < self.ends:
                act()

        return run

    @property
    def any_user(self) -> Any:
        return random.choice(self.users)

    def touch(self, user: Any) -> None:
        User.objects.filter(pk=user.pk).update(is_staff=False)

    def log_in_there(self) -> None:
        with transaction.atomic():
            user = self.any_user
            self.touch(user)
            fill(user, 3, start=next(self.numbers) * 3)

    def log_out_there(self) -> None:
        gone = OldToken.objects.filter(key__lt=number(10**9)).order_by("?").first()
        if gone is not None:
            self.with_touch(gone, gone.delete)

    def use_there(self) -> None:
        used = OldToken.objects.order_by("?").select_related("user")[0]
        # knox renews a token in this way.
        renew = OldToken.objects.filter(pk=used.pk).update
        self.with_touch(used, lambda: renew(expiry=None))

    @transaction.atomic
    def with_touch(self, token: OldToken, act: Callable[[], Any]) -> None:
        if self.user_first:
            self.touch(token.user)
        act()
        self.touch(token.user)

    def log_in_here(self) -> None:
        token = operations.issue(self.any_user)
        if random.random() < 0.5:
            operations.revoke(token, reason="logout")

    def ask(self) -> None:
        assert status_of(random.choice(self.kept)) == 200

    def bring_all_over(self) -> None:
        bring_over(batch_size=5)


@pytest.mark.parametrize("user_first", [True, False], ids=["user first", "token first"])
def test_an_import_never_deadlocks_with_logins_and_logouts(user_first: bool) -> None:
    crowd = Crowd(user_first)
    bring_over()
    there = [crowd.log_in_there, crowd.log_out_there, crowd.use_there, crowd.use_there]
    here = [crowd.log_in_here, crowd.ask, crowd.bring_all_over, crowd.bring_all_over]
    with override_settings(DRF_TOKEN_AUTH={"LAST_USED_INTERVAL": None}):
        results = in_parallel(*map(crowd.until_the_end, there + here))
    assert errors(results) == []
    assert {status_of(key) for key in crowd.kept} == {200}


# Tokens that are revoked or rotated during an import


@pytest.fixture
def old_app(monkeypatch: pytest.MonkeyPatch) -> None:
    install(Plaintext, monkeypatch)


def by_revoking(token: Any) -> None:
    assert token.revoke(reason="logout")


def by_rotating(token: Any) -> None:
    operations.rotate(token)


REVOCATIONS = [
    by_revoking,
    by_rotating,
    lambda token: token.delete(),
    lambda token: operations.revoke_all(token.user),
    lambda token: Token.objects.filter(pk=token.pk).delete(),
]


@pytest.mark.parametrize("end", REVOCATIONS)
def test_a_token_revoked_during_an_import_stays_revoked(
    old_app: None, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch, end: Any
) -> None:
    """The second import has read the old row, but has not yet looked for its token here."""
    [key] = fill(make_user())
    assert bring_over()["imported"] == 1
    token = Token.objects.from_key(key)
    started: list[Any] = []
    here = copying._Copy._digests_here

    def here_while_it_ends(copy: Any, digests: Any) -> Any:
        started.append(elsewhere.start_until_locked(lambda: end(token)))
        return here(copy, digests)

    monkeypatch.setattr(copying._Copy, "_digests_here", here_while_it_ends)
    assert bring_over()["present"] == 1
    started[0].result(PATIENCE)
    monkeypatch.undo()
    assert not OldToken.objects.exists()
    assert bring_over() == {}
    Token.objects.update(previous_digest=None)
    assert status_of(key) == 401


def test_a_row_that_the_old_app_cannot_delete_is_not_revoked_here(
    old_app: None, elsewhere: Elsewhere
) -> None:
    [key] = fill(make_user())
    bring_over()
    token = Token.objects.from_key(key)
    held = OpenTransaction(elsewhere, lambda: list(OldToken.objects.select_for_update()))
    with impatient(), pytest.raises(OperationalError):
        token.revoke(reason="logout")
    held.end()
    assert status_of(key) == 200
    assert OldToken.objects.exists()
    assert token.revoke(reason="logout")
    assert not OldToken.objects.exists()
