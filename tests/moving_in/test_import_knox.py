"""``import_tokens knox``, with the clients of ``django-rest-knox`` 5.

Run it with ``settings.knox``, and with ``settings.knox_swapped``, in which the project has its own
model for the tokens of knox.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError
from django.test import override_settings
from django.urls import path
from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.models import get_token_model as get_old_model
from knox.views import LogoutView

from drf_token_auth import get_token_model, operations
from drf_token_auth.authentication import BearerTokenAuthentication, ExpiringTokenAuthentication
from tests.conftest import make_user
from tests.moving_in.crowd import CROWD, hammering, imported, paths, status

urlpatterns = paths(
    old=[TokenAuthentication],
    new=[ExpiringTokenAuthentication],
    new_first=[ExpiringTokenAuthentication, TokenAuthentication],
    old_first=[TokenAuthentication, ExpiringTokenAuthentication, BearerTokenAuthentication],
)
urlpatterns.append(path("logout/", type("OwnLogoutView", (LogoutView,), {}).as_view()))
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]
Token = get_token_model()
Old = get_old_model()
NOTHING_LEFT_OUT = "Left out: 0 expired, 0 of inactive users, 0 unusable.\n"


@pytest.mark.parametrize("prefix", ["", "tkn_", "p" * 10])
def test_an_imported_key_works_in_the_same_header(user, prefix):
    with override_settings(REST_KNOX={"TOKEN_PREFIX": prefix}):
        old, key = Old.objects.create(user)
        assert key.startswith(prefix)
        assert status("new", key) == 401
        assert imported("knox") == f"Imported 1 tokens. Already here: 0. {NOTHING_LEFT_OUT}"
    assert [status(place, key) for place in ("old", "new", "new_first", "old_first")] == [200] * 4
    old.delete()
    assert [status(place, key) for place in ("new", "new_first")] == [200] * 2
    assert Token.objects.get().hint == key.removeprefix(prefix)[:4]


def test_a_key_with_an_earlier_prefix_works_after_the_import(user):
    with override_settings(REST_KNOX={"TOKEN_PREFIX": "old-"}):
        _, key = Old.objects.create(user)
    imported("knox")
    assert status("new", key) == 200


@pytest.mark.parametrize(
    ("own", "options", "lifetime"),
    [
        (timedelta(hours=10), [], timedelta(hours=10)),
        (None, [], timedelta(days=14)),
        (timedelta(hours=10), ["--ttl", "90d"], timedelta(days=90)),
        (None, ["--ttl", "90d"], timedelta(days=90)),
        (timedelta(hours=10), ["--keep-forever"], timedelta(hours=10)),
        (None, ["--keep-forever"], None),
    ],
)
def test_the_imported_row_has_the_values_of_the_old_one(user, own, options, lifetime):
    old, _ = Old.objects.create(user, expiry=own)
    imported("knox", *options)
    token = Token.objects.get()
    assert (token.user, token.created_at, token.kind) == (user, old.created, "login")
    if lifetime is None:
        assert token.expires_at is None
    elif lifetime == own:
        assert token.expires_at == old.expiry
    else:
        assert abs(token.expires_at - timezone.now() - lifetime) < timedelta(minutes=5)


def test_expired_tokens_and_those_of_inactive_users_are_left_out(user):
    Old.objects.create(user, expiry=timedelta(seconds=-1))
    Old.objects.create(make_user("gone", is_active=False))
    _, kept = Old.objects.create(user)
    _, logged_out = Old.objects.create(user)
    Old.objects.get(token_key=logged_out[:15]).delete()
    said = imported("knox", "--ttl", "1d")
    assert said.startswith("Imported 1 tokens. Already here: 0. Left out: 1 expired, 1 of")
    assert [status("new", key) for key in (kept, logged_out)] == [200, 401]


def test_another_import_after_a_use_a_rotation_and_a_pepper_adds_nothing(
    user, django_capture_on_commit_callbacks
):
    _, key = Old.objects.create(user)
    _, other = Old.objects.create(user)
    imported("knox")
    again = f"Imported 0 tokens. Already here: 1. {NOTHING_LEFT_OUT}"
    pepper = {"PEPPERS": {1: "a pepper of thirty-two characters"}, "PEPPER": 1}
    with override_settings(DRF_TOKEN_AUTH=pepper):
        with django_capture_on_commit_callbacks(execute=True):
            assert status("new", key) == 200
            operations.rotate(Token.objects.from_key(other))  # deletes the old row
        assert imported("knox") == again
        assert [status("new", one) for one in (key, other)] == [200, 200]
    assert imported("knox") == again


def test_a_key_of_knox_4_is_refused_by_knox_5_and_left_out(user):
    key = "0a" * 32
    digest = hashlib.sha512(bytes.fromhex(key)).hexdigest()
    rows = Old._base_manager
    rows.create(user=user, digest=digest, token_key=key[:8], expiry=None)
    assert status("old", key) == 401
    assert imported("knox").endswith("1 unusable.\n")
    assert status("new", key) == 401


@pytest.mark.parametrize("algorithm", ["hashlib.sha3_512", "hashlib.blake2b", "hashlib.sha256"])
def test_keys_of_another_hash_algorithm_are_not_imported(user, algorithm):
    with override_settings(REST_KNOX={"SECURE_HASH_ALGORITHM": algorithm}):
        Old.objects.create(user)
        with pytest.raises(CommandError, match="SECURE_HASH_ALGORITHM"):
            imported("knox")


def test_rows_with_an_earlier_shorter_hash_are_left_out(user):
    with override_settings(REST_KNOX={"SECURE_HASH_ALGORITHM": "hashlib.sha256"}):
        Old.objects.create(user)
    assert imported("knox").endswith("1 unusable.\n")


def test_old_and_new_authenticators_work_together(user, other_user):
    """With one keyword for both, knox's authenticator must be last: it refuses unknown keys."""
    _, old = Old.objects.create(user)
    new = operations.issue(other_user).key
    assert [status("new_first", key) for key in (old, new)] == [200, 200]
    assert [status("old_first", key) for key in (old, new)] == [200, 401]
    assert status("old_first", new, "Bearer") == 200


@pytest.mark.parametrize("end", ["revoke", "rotate"])
def test_a_revoked_or_rotated_key_is_refused_everywhere_and_not_imported_again(
    user, other_user, end, django_capture_on_commit_callbacks
):
    key = Old.objects.create(user)[1]
    Old.objects.create(user)
    imported("knox")
    with django_capture_on_commit_callbacks(execute=True):
        token = Token.objects.from_key(key)
        assert (
            operations.revoke(token, reason="logout")
            if end == "revoke"
            else operations.rotate(token)
        )
    Token.objects.update(previous_until=timezone.now())
    assert [status(place, key) for place in ("old", "new", "new_first", "old_first")] == [401] * 4
    assert Old.objects.count() == 1
    assert imported("knox").startswith("Imported 0 tokens. Already here: 1.")


@pytest.mark.django_db(transaction=True)
def test_many_tokens_are_imported_while_clients_send_requests():
    count = CROWD
    users = [make_user(f"user{n}") for n in range(1000)]
    rows: list[Any] = []
    keys = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(count)]
    for n, key in enumerate(keys):
        digest = hashlib.sha512(key.encode()).hexdigest()
        rows.append(Old(user=users[n % 1000], digest=digest, token_key=key[:15], expiry=None))
    Old._base_manager.bulk_create(rows, batch_size=2000)
    with hammering(keys, "new_first", "old_first", "old") as answers:
        said = imported("knox")
    assert said == f"Imported {count} tokens. Already here: 0. {NOTHING_LEFT_OUT}"
    with hammering(keys, "new", "new_first") as afterwards:
        assert imported("knox").startswith(f"Imported 0 tokens. Already here: {count}.")
    assert set(answers) == set(afterwards) == {200}
    assert answers[200] > 100


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("Token", 'Write "drf_token_auth.authentication.ExpiringTokenAuthentication" instead.'),
        ("Bearer", 'Write "drf_token_auth.authentication.BearerTokenAuthentication" instead.'),
        ("Key", "class MyTokenAuthentication(ExpiringTokenAuthentication):"),
    ],
)
def test_a_dry_run_names_the_authenticator_and_the_settings(word, line):
    old = {"DEFAULT_AUTHENTICATION_CLASSES": ["knox.auth.TokenAuthentication"]}
    with override_settings(REST_FRAMEWORK=old, REST_KNOX={"AUTH_HEADER_PREFIX": word}):
        said = imported("knox", "--dry-run")
    assert "names knox.auth.TokenAuthentication\n    " in said
    assert line in said
    assert "* The setting REST_KNOX\n" in said


def test_a_dry_run_names_an_inherited_list_of_authenticators_once(settings):
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": []}
    said = imported("knox", "--dry-run")
    assert "The URL 'logout/' is answered by" in said
    assert "OwnLogoutView.authentication_classes" not in said
