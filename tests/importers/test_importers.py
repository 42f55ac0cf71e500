"""What all imports have in common, on a table of the tests' own.

The tables of the real packages are in moving_in/; what others do at the same moment, in
concurrency/.
"""

from __future__ import annotations

import logging
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Model
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from drf_token_auth import get_token_model, operations
from drf_token_auth.importers.known import SOURCES
from tests.conftest import make_user
from tests.importing import OldToken, Plaintext, bring_over, fill, install, number, table
from tests.lives import EDGES, at, listening, status_of
from tests.queries import queries

pytestmark = pytest.mark.django_db
Token = get_token_model()
HOUR = timedelta(hours=1)
PEPPERS = {1: "first pepper of thirty-two letters", 2: "second pepper of thirty-two letter"}


@pytest.fixture(scope="module", autouse=True)
def _old_table(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), table():
        yield


def conf(**values: Any) -> Any:
    return override_settings(DRF_TOKEN_AUTH=values)


# What a row becomes


def test_the_key_goes_on_working(user):
    (key,) = fill(user)
    assert status_of(key) == 401
    assert bring_over() == {"imported": 1, "held": 0}
    assert status_of(key) == 200


def test_the_row(user):
    now = timezone.now()
    (key,) = fill(user, start=0xABCDEF << 136)
    with at(now):
        bring_over()
    token = Token.objects.get()
    assert token.user == user
    assert token.created_at == OldToken.objects.get().created
    assert token.expires_at == now + timedelta(days=14)
    assert (token.kind, token.name, token.scopes) == ("login", "phone", None)
    assert token.hint == key[:4] == "abcd"
    assert (token.last_used_at, token.idle_timeout, token.previous_digest) == (None, None, None)


@pytest.mark.django_db(transaction=True)
def test_its_first_use_binds_it_to_the_password():
    user = make_user()
    (key,) = fill(user)
    bring_over()
    assert Token.objects.get().user_stamp is None
    assert status_of(key) == 200
    user.set_password("another")
    user.save()
    assert status_of(key) == 401


def test_a_login_deletes_no_imported_token_that_was_never_used(user):
    (key,) = fill(user)
    bring_over()
    user.set_password("another")
    user.save()
    operations.issue(user)
    assert status_of(key) == 200


NEVER, OWN, TTL = None, "its own", "the setting's"


@pytest.mark.parametrize(
    ("options", "given_settings", "without", "with_own"),
    [
        ({}, {}, timedelta(days=14), OWN),
        ({}, {"TTL": HOUR}, HOUR, OWN),
        ({}, {"TTL": None}, NEVER, OWN),
        ({"ttl": timedelta(days=90)}, {}, timedelta(days=90), timedelta(days=90)),
        ({"ttl": HOUR}, {"TTL": None}, HOUR, HOUR),
        ({"keep_forever": True}, {}, NEVER, NEVER),
        ({"keep_forever": True}, {"MAX_TTL": HOUR}, HOUR, HOUR),
        ({"ttl": timedelta(days=90)}, {"MAX_TTL": HOUR}, HOUR, HOUR),
        ({}, {"MAX_TTL": HOUR, "TTL": None}, HOUR, HOUR),
    ],
)
def test_lifetimes(user, options, given_settings, without, with_own):
    now = timezone.now()
    own = now + timedelta(days=3)
    fill(user)
    fill(user, start=1, expiry=own)
    with at(now), conf(**given_settings):
        bring_over(**options)
    found = Token.objects.order_by("pk").values_list("expires_at", flat=True)
    moments = {NEVER: None, OWN: own}
    assert list(found) == [
        moments[life] if life in moments else now + life for life in (without, with_own)
    ]


def test_the_idle_timeout_begins_and_the_expiry_is_its_cap(user):
    now = timezone.now()
    fill(user, expiry=now + timedelta(days=3))
    with at(now), conf(IDLE_TIMEOUT=HOUR):
        bring_over()
    token = Token.objects.get()
    assert (token.idle_timeout, token.expires_at) == (HOUR, now + HOUR)
    assert token.renewable_until == now + timedelta(days=3)


def test_kinds_that_no_password_binds_get_no_stamp(user):
    (key,) = fill(user)
    with conf(PASSWORD_BOUND=()):
        bring_over()
        user.set_password("another")
        user.save()
        assert status_of(key) == 200


def test_nobody_hears_of_it(user, caplog, django_capture_on_commit_callbacks):
    keys_ = fill(user, 3)
    with (
        caplog.at_level(logging.DEBUG),
        listening() as heard,
        django_capture_on_commit_callbacks(execute=True),
    ):
        bring_over()
    assert heard == []
    assert not any(key in caplog.text for key in keys_)
    assert Token.objects.count() == 3


# What is left out


@pytest.mark.parametrize("edge", EDGES)
def test_the_expired(user, edge):
    now = timezone.now()
    (key,) = fill(user, expiry=now - EDGES[edge])
    with at(now):
        counts = bring_over(ttl=HOUR)
        assert status_of(key) == (200 if edge == "before" else 401)
    assert counts == ({"imported": 1, "held": 0} if edge == "before" else {"expired": 1, "held": 0})


def test_those_of_inactive_users(user):
    gone = make_user("gone", is_active=False)
    fill(gone, 2)
    fill(user, start=2)
    assert bring_over() == {"imported": 1, "inactive": 2, "held": 0}
    gone.is_active = True
    gone.save()
    assert bring_over() == {"imported": 2, "present": 1, "held": 0}


@pytest.mark.parametrize("key", ["é" * 40, "a" * 256, "dta_" + "0" * 36, "a\tb"])
def test_keys_that_no_request_can_present(user, key):
    OldToken.objects.create(user=user, key=key, created=timezone.now())
    assert bring_over() == {"unusable": 1, "held": 0}


def test_those_whose_user_is_gone(user):
    fill(user)
    user.delete()
    assert bring_over() == {"held": 0}
    assert not Token.objects.exists()


# Again


def test_again_changes_nothing(user):
    fill(user, 3)
    bring_over()
    before = list(Token.objects.order_by("pk").values())
    assert bring_over(keep_forever=True) == {"present": 3, "held": 0}
    assert list(Token.objects.order_by("pk").values()) == before


def test_what_is_new_is_added(user):
    fill(user, 3)
    bring_over()
    fill(user, 2, start=3)
    assert bring_over() == {"imported": 2, "present": 3, "held": 0}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, PEPPERS),
        ({1: PEPPERS[1]}, PEPPERS),
        (PEPPERS, {1: PEPPERS[1], 2: PEPPERS[2], 3: "third pepper of thirty-two letters"}),
    ],
    ids=["the first pepper", "a second", "a third"],
)
@pytest.mark.parametrize("is_used", [False, True])
def test_again_with_another_pepper(
    user, first, second, is_used, django_capture_on_commit_callbacks
):
    (key,) = fill(user)
    with conf(PEPPERS=first):
        bring_over()
        assert bytes(Token.objects.get().digest)[0] == max(first, default=0)
    with conf(PEPPERS=second):
        if is_used:
            with django_capture_on_commit_callbacks(execute=True):
                assert status_of(key) == 200
            assert bytes(Token.objects.get().digest)[0] == max(second)
        assert bring_over() == {"present": 1, "held": 0}
        assert status_of(key) == 200


def test_again_after_a_rotation(user):
    (key,) = fill(user)
    bring_over()
    operations.rotate(Token.objects.from_key(key))
    assert bring_over() == {"present": 1, "held": 0}


def test_again_when_it_has_expired_here(user):
    (key,) = fill(user)
    bring_over()
    Token.objects.update(expires_at=timezone.now())
    assert bring_over() == {"present": 1, "held": 0}
    assert status_of(key) == 401


def test_a_key_that_a_project_brought_over_itself(user):
    (key,) = fill(user)
    Token.objects.create(user=user, key=key)
    assert bring_over() == {"present": 1, "held": 0}


# The walk


@hypothesis_settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.sets(st.integers(0, 99), max_size=25),
    here=st.sets(st.integers(0, 99), max_size=10),
    size=st.integers(1, 8),
)
def test_every_row_once_whatever_the_batches(db, numbers, here, size):
    Token.objects.all().delete_silently()
    OldToken.objects.all().delete()
    users: Any = Token._meta.get_field("user").related_model
    person = users.objects.first() or make_user("tess")
    for n in numbers:
        fill(person, start=n)
    for n in here:
        Token.objects.create(user=person, key=number(n))
    counts = bring_over(batch_size=size)
    assert (counts["imported"], counts["present"]) == (len(numbers - here), len(numbers & here))
    assert Token.objects.count() == len(numbers | here)


def test_each_batch_is_a_transaction_of_its_own(user):
    fill(user, 10)

    def stop(imported: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring_over(batch_size=4, progress=stop)
    assert Token.objects.count() == 4
    seen: list[int] = []
    assert bring_over(batch_size=4, progress=seen.append)["imported"] == 6
    assert seen == [0, 4, 6]


def test_a_batch_of_any_size_is_as_many_queries(user_factory):
    def asked(count: int, start: int) -> int:
        for n in range(count):
            fill(user_factory(f"user{start + n}"), start=start + n)
        with queries() as made:
            bring_over(batch_size=100)
        return len(made)

    assert asked(2, 0) == asked(50, 2)


def test_a_dry_run_counts_and_writes_nothing(user):
    fill(user, 5)
    fill(make_user("gone", is_active=False), start=5)
    fill(user, start=6, expiry=timezone.now())
    Token.objects.create(user=user, key=number(0))
    with queries() as asked:
        counts = bring_over(dry_run=True, batch_size=3)
    assert counts == {"imported": 4, "present": 1, "inactive": 1, "expired": 1, "held": 0}
    writes = ("INSERT", "UPDATE", "DELETE")
    assert not [sql for sql in asked if any(word in sql for word in writes)]
    assert Token.objects.count() == 1
    assert bring_over() == counts


def test_memory_does_not_grow_with_the_table(user):
    def peak() -> int:
        tracemalloc.start()
        counts = bring_over(batch_size=100)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert counts["imported"] == OldToken.objects.count()
        Token.objects.all().delete_silently()
        return found

    fill(user, 1_000)
    few = peak()
    fill(user, 3_000, start=1_000)
    assert peak() < 2 * few


def test_debug_does_not_remember_the_statements(user, settings):
    fill(user, 30)
    settings.DEBUG = True
    bring_over(batch_size=1)
    assert len(connection.queries) < 30


# The command


def told(*arguments: str) -> str:
    out, err = StringIO(), StringIO()
    call_command("import_tokens", *arguments, stdout=out, stderr=err)
    assert err.getvalue() == ""
    return out.getvalue()


@pytest.fixture
def old_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "authtoken", Plaintext)


def test_one_line_says_what_happened(old_app, user):
    fill(user, 4)
    fill(user, start=4, expiry=timezone.now())
    fill(make_user("gone", is_active=False), start=5)
    Token.objects.create(user=user, key=number(0))
    rest = "1 were here already; left out: 1 expired, 1 of inactive users, 0 unusable.\n"
    assert told("authtoken", "--dry-run") == f"3 tokens would be imported, {rest}"
    assert told("authtoken") == f"3 tokens imported, {rest}"


def test_the_options(old_app, user):
    now = timezone.now()
    fill(user)
    with at(now):
        told("authtoken", "--ttl", "90d", "--batch-size", "7", "--database", "default")
    assert Token.objects.get().expires_at == now + timedelta(days=90)
    fill(user, start=1)
    told("authtoken", "--keep-forever")
    assert Token.objects.filter(expires_at=None).count() == 1


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_says_how_far_it_is(old_app, user):
    fill(user, 5)
    err = Terminal()
    call_command("import_tokens", "authtoken", "--batch-size=2", stdout=StringIO(), stderr=err)
    assert err.getvalue() == "\r2 imported\r4 imported\r5 imported\r"
    err = Terminal()
    call_command("import_tokens", "authtoken", verbosity=0, stdout=StringIO(), stderr=err)
    assert err.getvalue() == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["allauth"], "choose from"),
        (["authtoken", "--batch-size", "0"], "--batch-size is 1 or more"),
        (["authtoken", "--ttl", "0d"], "--ttl is longer than nothing"),
        (["authtoken", "--ttl", "soon"], "no duration"),
        (["authtoken", "--ttl", "1d", "--keep-forever"], "not allowed with"),
        (["authtoken", "--database", "nowhere"], "choose from"),
        (["authtoken"], "'rest_framework.authtoken' has to be in INSTALLED_APPS"),
        (["knox"], "'knox' has to be in INSTALLED_APPS"),
        (["durin"], "'durin' has to be in INSTALLED_APPS"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_done(arguments, said):
    with pytest.raises(CommandError, match=said):
        told(*arguments)


# What ends here


def test_the_old_rows_of_a_user_are_read_once_however_many_end(user, monkeypatch):
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


def test_an_old_app_without_its_table_keeps_nobody_from_logging_out(user, monkeypatch):
    class Nowhere(Plaintext):
        def model(self):
            return Unmigrated

    install(Nowhere, monkeypatch)
    assert operations.issue(user).revoke(reason="logout")
