"""Copy an old table that the tests make.

tests/moving_in has tests with the tables of the real packages. tests/concurrency has tests with
threads.
"""

from __future__ import annotations

import logging
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from drf_token_auth import get_token_model, operations
from tests.conftest import make_user
from tests.importing import LONG_AGO, OldToken, bring_over, fill, number, report_of
from tests.lives import EDGES, at, listening, status_of
from tests.queries import queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("old_table")]
Token = get_token_model()
HOUR = timedelta(hours=1)
PEPPERS = {1: "first pepper of thirty-two letters", 2: "second pepper of thirty-two letter"}


def conf(**values: Any) -> Any:
    return override_settings(DRF_TOKEN_AUTH=values)


# The new row


def test_an_imported_key_works(user):
    (key,) = fill(user)
    assert status_of(key) == 401
    assert bring_over() == {"imported": 1}
    assert status_of(key) == 200


def test_the_new_row_has_the_values_of_the_old_row(user):
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


def test_the_new_row_has_no_password_stamp(user):
    fill(user)
    bring_over()
    assert Token.objects.get().user_stamp is None


def test_a_password_change_after_the_first_use_stops_a_login_token(
    user, django_capture_on_commit_callbacks
):
    (key,) = fill(user)
    bring_over()
    with django_capture_on_commit_callbacks(execute=True):
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


def test_a_personal_token_survives_a_password_change(user, django_capture_on_commit_callbacks):
    (key,) = fill(user)
    bring_over(kind="personal")
    with django_capture_on_commit_callbacks(execute=True):
        assert status_of(key) == 200
    user.set_password("another")
    user.save()
    assert status_of(key) == 200
    assert Token.objects.get().kind == "personal"


def test_the_name_of_the_old_row_counts_before_the_name_of_the_import(user, monkeypatch):
    fill(user)
    bring_over(name="API key")
    assert Token.objects.get().name == "phone"
    monkeypatch.setattr("tests.importing.NAME", "")
    fill(user, start=1)
    bring_over(name="API key")
    assert Token.objects.filter(name="API key").count() == 1


@pytest.mark.parametrize(("name", "cut"), [("n" * 64, 0), ("n" * 65, 1), ("n" * 5000, 1)])
def test_names_longer_than_the_column_are_counted(user, monkeypatch, name, cut):
    monkeypatch.setattr("tests.importing.NAME", name)
    fill(user)
    assert report_of().cut_names == cut
    assert Token.objects.get().name == "n" * 64


NEVER, OWN = None, "its own"


@pytest.mark.parametrize(
    ("options", "given_settings", "without", "with_own"),
    [
        ({}, {}, timedelta(days=14), OWN),
        ({}, {"TTL": HOUR}, HOUR, OWN),
        ({}, {"TTL": None}, NEVER, OWN),
        ({"ttl": timedelta(days=90)}, {}, timedelta(days=90), timedelta(days=90)),
        ({"ttl": HOUR}, {"TTL": None}, HOUR, HOUR),
        ({"keep_forever": True}, {}, NEVER, OWN),
        ({"keep_forever": True}, {"MAX_TTL": HOUR}, HOUR, HOUR),
        ({"kind": "personal"}, {}, timedelta(days=90), OWN),
        ({"kind": "personal"}, {"PERSONAL_TTL": None}, NEVER, OWN),
        ({"kind": "personal", "keep_forever": True}, {}, NEVER, OWN),
        # The old tokens were created 400 days ago.
        ({"expire_after": timedelta(days=401)}, {}, timedelta(days=1), timedelta(days=1)),
        ({"expire_after": timedelta(days=500)}, {}, timedelta(days=100), OWN),
        ({"ttl": timedelta(days=90)}, {"MAX_TTL": HOUR}, HOUR, HOUR),
        ({}, {"MAX_TTL": HOUR, "TTL": None}, HOUR, HOUR),
    ],
)
def test_an_imported_token_gets_the_lifetime_that_the_options_give(
    user, options, given_settings, without, with_own
):
    now = timezone.now()
    own = now + timedelta(days=3)
    fill(user, created=now - LONG_AGO)
    fill(user, start=1, created=now - LONG_AGO, expiry=own)
    with at(now), conf(**given_settings):
        bring_over(**options)
    found = Token.objects.order_by("pk").values_list("expires_at", flat=True)
    moments = {NEVER: None, OWN: own}
    assert list(found) == [
        moments[life] if life in moments else now + life for life in (without, with_own)
    ]


def test_an_idle_timeout_starts_and_its_cap_is_the_old_expiry(user):
    now = timezone.now()
    fill(user, expiry=now + timedelta(days=3))
    with at(now), conf(IDLE_TIMEOUT=HOUR):
        bring_over()
    token = Token.objects.get()
    assert (token.idle_timeout, token.expires_at) == (HOUR, now + HOUR)
    assert token.renewable_until == now + timedelta(days=3)


def test_a_kind_that_is_not_bound_survives_a_password_change(user):
    (key,) = fill(user)
    with conf(PASSWORD_BOUND=()):
        bring_over()
        user.set_password("another")
        user.save()
        assert status_of(key) == 200


def test_an_import_sends_no_signal_and_logs_no_key(
    user, caplog, django_capture_on_commit_callbacks
):
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


# Rows that are left out


@pytest.mark.parametrize("edge", EDGES)
def test_expired_tokens_are_left_out(user, edge):
    now = timezone.now()
    (key,) = fill(user, expiry=now - EDGES[edge])
    with at(now):
        counts = bring_over(ttl=HOUR)
        assert status_of(key) == (200 if edge == "before" else 401)
    assert counts == ({"imported": 1} if edge == "before" else {"expired": 1})


@pytest.mark.parametrize("edge", EDGES)
def test_tokens_older_than_expire_after_are_left_out(user, edge):
    now = timezone.now()
    fill(user, created=now - LONG_AGO - EDGES[edge])
    with at(now):
        counts = bring_over(expire_after=LONG_AGO)
    assert counts == ({"imported": 1} if edge == "before" else {"expired": 1})


@pytest.mark.parametrize(
    "options",
    [
        {"ttl": HOUR, "keep_forever": True},
        {"ttl": HOUR, "expire_after": HOUR},
        {"ttl": timedelta(0)},
        {"expire_after": -HOUR},
        {"kind": "robot"},
        {"batch_size": 0},
        {"batch_size": -1},
    ],
)
def test_contradictory_and_meaningless_options_are_errors(user, options):
    fill(user)
    with pytest.raises(ValueError, match=r"Give one of|must be"):
        bring_over(**options)
    assert not Token.objects.exists()


def test_a_lifetime_that_is_no_timedelta_is_an_error_with_the_line_to_write(user):
    fill(user)
    with pytest.raises(TypeError, match=r"it is 3600\. Write ttl=timedelta\(seconds=3600\)"):
        bring_over(ttl=3600)
    assert not Token.objects.exists()


def test_tokens_of_inactive_users_are_left_out(user):
    gone = make_user("gone", is_active=False)
    fill(gone, 2)
    fill(user, start=2)
    assert bring_over() == {"imported": 1, "inactive": 2}
    gone.is_active = True
    gone.save()
    assert bring_over() == {"imported": 2, "present": 1}


@pytest.mark.parametrize("key", ["é" * 40, "a" * 256, "dta_" + "0" * 36, "a\tb"])
def test_keys_that_no_request_can_present_are_left_out(user, key):
    OldToken.objects.create(user=user, key=key, created=timezone.now())
    assert bring_over() == {"unusable": 1}


def test_tokens_of_deleted_users_are_left_out(user):
    fill(user)
    user.delete()
    assert bring_over() == {"ownerless": 1}
    assert not Token.objects.exists()


# A second import


def test_a_second_import_changes_nothing(user):
    fill(user, 3)
    bring_over()
    before = list(Token.objects.order_by("pk").values())
    assert bring_over(keep_forever=True) == {"present": 3}
    assert list(Token.objects.order_by("pk").values()) == before


def test_a_second_import_adds_only_new_tokens(user):
    fill(user, 3)
    bring_over()
    fill(user, 2, start=3)
    assert bring_over() == {"imported": 2, "present": 3}


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
def test_a_second_import_with_another_pepper_adds_nothing(
    user, first, second, is_used, django_capture_on_commit_callbacks
):
    (key,) = fill(user)
    with conf(PEPPERS=first, PEPPER=max(first, default=None)):
        bring_over()
        assert bytes(Token.objects.get().digest)[0] == max(first, default=0)
    with conf(PEPPERS=second, PEPPER=max(second, default=None)):
        if is_used:
            with django_capture_on_commit_callbacks(execute=True):
                assert status_of(key) == 200
            assert bytes(Token.objects.get().digest)[0] == max(second)
        assert bring_over() == {"present": 1}
        assert status_of(key) == 200


def test_a_second_import_after_a_rotation_adds_nothing(user):
    (key,) = fill(user)
    bring_over()
    operations.rotate(Token.objects.from_key(key))
    assert bring_over() == {"present": 1}


def test_a_second_import_does_not_extend_an_expired_token(user):
    (key,) = fill(user)
    bring_over()
    Token.objects.update(expires_at=timezone.now())
    assert bring_over() == {"present": 1}
    assert status_of(key) == 401


def test_a_key_that_the_project_stored_is_counted_as_present(user):
    (key,) = fill(user)
    Token.objects.create(user=user, key=key)
    assert bring_over() == {"present": 1}


# Batches and memory


@hypothesis_settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.sets(st.integers(0, 99), max_size=25),
    here=st.sets(st.integers(0, 99), max_size=10),
    size=st.integers(1, 8),
)
def test_each_row_is_copied_once_for_any_batch_size(db, numbers, here, size):
    Token.objects.all().delete_silently()
    OldToken.objects.all().delete()
    users: Any = Token._meta.get_field("user").related_model
    person = users.objects.first() or make_user("tess")
    for n in numbers:
        fill(person, start=n)
    for n in here:
        Token.objects.create(user=person, key=number(n))
    counts = bring_over(batch_size=size)
    assert (counts.get("imported", 0), counts.get("present", 0)) == (
        len(numbers - here),
        len(numbers & here),
    )
    assert Token.objects.count() == len(numbers | here)


def test_each_batch_is_one_transaction(user):
    fill(user, 10)

    def stop(imported: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring_over(batch_size=4, progress=stop)
    assert Token.objects.count() == 4
    seen: list[int] = []
    assert bring_over(batch_size=4, progress=seen.append)["imported"] == 6
    assert seen == [0, 4, 6]


def test_a_batch_of_any_number_of_rows_needs_the_same_number_of_queries(user_factory):
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
    assert counts == {"imported": 4, "present": 1, "inactive": 1, "expired": 1}
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


def test_an_import_with_debug_on_does_not_keep_the_statements(user, settings):
    fill(user, 30)
    settings.DEBUG = True
    bring_over(batch_size=1)
    assert len(connection.queries) < 30
