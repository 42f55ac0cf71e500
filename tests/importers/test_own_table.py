"""``import_tokens`` with a table of the project's own, and ``digests_of``."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from drf_token_auth.exceptions import Refused
from drf_token_auth.importers import OldToken, digests_of, import_tokens, undo_import
from tests.conftest import make_user
from tests.importing import OldToken as Table
from tests.importing import fill
from tests.lives import status_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("old_table")]
Token = get_token_model()


def sha(algorithm: str, key: str) -> str:
    return hashlib.new(algorithm, key.encode()).hexdigest()


READERS = {
    "key": lambda row: OldToken(user=row.user_id, key=row.key),
    "the user itself": lambda row: OldToken(user=row.user, key=row.key),
    "the user as text": lambda row: OldToken(user=str(row.user_id), key=row.key),
    "sha256": lambda row: OldToken(user=row.user_id, sha256=sha("sha256", row.key)),
    "sha512": lambda row: OldToken(user=row.user_id, sha512=sha("sha512", row.key)),
    "upper case": lambda row: OldToken(user=row.user_id, sha256=sha("sha256", row.key).upper()),
}


@pytest.mark.parametrize("reader", READERS)
def test_the_key_works_after_the_import_and_a_second_import_adds_nothing(
    user, reader, django_capture_on_commit_callbacks
):
    (key,) = fill(user)
    report = import_tokens(Table.objects.all(), READERS[reader])
    assert report.imported == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert status_of(key) == 200
    again = import_tokens(Table.objects.all(), READERS[reader])
    assert (again.imported, again.present) == (0, 1)


def test_each_row_may_have_a_kind_a_name_and_dates_of_its_own(user):
    now = timezone.now()
    fill(user, 2)
    end = now + timedelta(days=5)

    def read(row: Any) -> OldToken:
        if row.key.endswith("0"):
            return OldToken(user=row.user_id, key=row.key)
        return OldToken(
            user=row.user_id,
            key=row.key,
            kind="personal",
            name="CI",
            created_at=row.created,
            expires_at=end,
        )

    report = import_tokens(Table.objects.all(), read, name="app")
    assert dict(report.kinds) == {"login": 1, "personal": 1}
    personal = Token.objects.get(kind="personal")
    assert (personal.name, personal.expires_at) == ("CI", end)
    assert personal.created_at == Table.objects.first().created
    assert Token.objects.get(kind="login").name == "app"


def test_only_the_rows_of_the_queryset_are_imported(user):
    fill(user, 3)
    report = import_tokens(Table.objects.filter(key__endswith="1"), READERS["key"])
    assert report.imported == 1


def test_a_row_that_the_reader_refuses_is_left_out(user):
    fill(user)

    def read(row: Any) -> OldToken:
        raise Refused

    assert import_tokens(Table.objects.all(), read).unusable == 1


def test_a_row_of_a_missing_user_is_counted(user):
    fill(user)
    report = import_tokens(
        Table.objects.all(), lambda row: OldToken(user=make_user("x").pk, key=row.key)
    )
    assert report.imported == 1
    fill(user, start=1)
    wrong = Token._meta.get_field("user").target_field.to_python(Token.objects.get().user_id)
    Token.objects.all().delete()
    make_user("y")
    type(user).objects.filter(pk=wrong).delete()
    report = import_tokens(Table.objects.all(), lambda row: OldToken(user=wrong, key=row.key))
    assert (report.imported, report.ownerless) == (0, 2)


def test_undo_import_deletes_imported_tokens_except_rotated_ones(user):
    keys = fill(user, 2)
    import_tokens(Table.objects.all(), READERS["key"])
    rotated = operations.rotate(Token.objects.from_key(keys[0]))
    with pytest.raises(ValueError, match="batch_size must be 1 or more, but it is 0"):
        undo_import(Table.objects.all(), READERS["key"], batch_size=0)
    assert undo_import(Table.objects.all(), READERS["key"], dry_run=True) == (1, 0)
    assert undo_import(Table.objects.all(), READERS["key"]) == (1, 0)
    assert list(Token.objects.all()) == [rotated]


@pytest.mark.parametrize("reader", ["key", "sha256", "sha512"])
def test_digests_of_finds_the_new_row_of_an_old_one(user, other_user, reader):
    (key,) = fill(user)
    fill(other_user, start=1)
    import_tokens(Table.objects.all(), READERS[reader])
    for found in (
        digests_of(key=key),
        READERS[reader](Table.objects.get(key=key)).digests(),
    ):
        assert Token.objects.get(digest__in=found).user == user


@pytest.mark.parametrize(
    "wrong",
    [{}, {"key": "é"}, {"sha256": "12"}, {"sha512": "zz" * 64}, {"sha256": "ab" * 64}],
    ids=str,
)
def test_a_malformed_key_has_no_digest(wrong):
    with pytest.raises(Refused):
        digests_of(**wrong)


def test_two_secrets_for_one_token_are_an_error():
    with pytest.raises(TypeError, match="Give one of key, sha256 and sha512"):
        digests_of(key="a" * 40, sha256="ab" * 32)


PEPPERED = {"PEPPERS": {1: "a pepper of thirty-two characters"}, "PEPPER": 1}


def read_dated_hash(row: Any) -> OldToken:
    return OldToken(user=row.user_id, sha256=sha("sha256", row.key), created_at=row.created)


@override_settings(DRF_TOKEN_AUTH=PEPPERED)
def test_a_sha256_is_imported_with_a_pepper_and_a_second_import_adds_nothing(
    user, django_capture_on_commit_callbacks
):
    """The first use replaces the digest by one with the pepper. The SHA-256 then finds no row."""
    used, unused = fill(user, 2)
    assert import_tokens(Table.objects.all(), read_dated_hash).imported == 2
    with django_capture_on_commit_callbacks(execute=True):
        assert status_of(used) == 200
    assert sorted(bytes(token.digest)[0] for token in Token.objects.all()) == [0, 1]
    for is_dry in (True, False):
        again = import_tokens(Table.objects.all(), read_dated_hash, dry_run=is_dry)
        assert (again.imported, again.present) == (0, 2)
    rotated = operations.rotate(Token.objects.from_key(used))
    assert import_tokens(Table.objects.all(), read_dated_hash).imported == 0
    assert [status_of(key) for key in (rotated.key, unused)] == [200, 200]


@override_settings(DRF_TOKEN_AUTH=PEPPERED)
def test_with_a_pepper_another_token_of_the_same_moment_is_imported(
    user, other_user, django_capture_on_commit_callbacks
):
    (used,) = fill(user)
    import_tokens(Table.objects.all(), read_dated_hash)
    with django_capture_on_commit_callbacks(execute=True):
        assert status_of(used) == 200
    created = Table.objects.get().created
    fill(other_user, start=1, created=created)
    (unused,) = fill(user, start=2, created=created + timedelta(microseconds=1))
    assert import_tokens(Table.objects.all(), read_dated_hash).imported == 2
    assert status_of(unused) == 200


@override_settings(DRF_TOKEN_AUTH=PEPPERED)
def test_with_a_pepper_a_sha256_needs_the_time_of_creation(user):
    fill(user)
    with pytest.raises(ImproperlyConfigured, match="OldToken needs created_at"):
        import_tokens(Table.objects.all(), READERS["sha256"])
    assert not Token.objects.exists()


@override_settings(DRF_TOKEN_AUTH={**PEPPERED, "PEPPER": None})
def test_while_no_pepper_is_used_a_sha256_needs_no_time_of_creation(user):
    fill(user)
    assert import_tokens(Table.objects.all(), READERS["sha256"]).imported == 1


def test_the_repr_does_not_show_the_key():
    key = "s3cret" * 7
    shown = repr(OldToken(user=1, key=key)) + repr(OldToken(user=1, sha256=sha("sha256", key)))
    assert "s3cret" not in shown
    assert sha("sha256", key) not in shown
