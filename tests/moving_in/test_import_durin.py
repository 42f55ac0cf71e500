"""``import_tokens durin``, with the clients of ``django-rest-durin``."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone
from durin.auth import TokenAuthentication
from durin.models import AuthToken as Old
from durin.models import Client

from drf_token_auth import get_token_model, operations
from drf_token_auth.authentication import BearerTokenAuthentication, ExpiringTokenAuthentication
from tests.conftest import make_user
from tests.moving_in.crowd import CROWD, hammering, imported, paths, status
from tests.queries import queries

urlpatterns = paths(
    old=[TokenAuthentication],
    new=[ExpiringTokenAuthentication],
    new_first=[ExpiringTokenAuthentication, TokenAuthentication],
    old_first=[TokenAuthentication, ExpiringTokenAuthentication, BearerTokenAuthentication],
)
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]
Token = get_token_model()
NOTHING_LEFT_OUT = "Left out: 0 expired, 0 of inactive users, 0 unusable.\n"


@pytest.fixture
def phone(db: None) -> Client:
    return Client.objects.create(name="phone", token_ttl=timedelta(hours=10))


def test_an_imported_key_works_in_the_same_header(user, phone):
    old = Old.objects.create(user, phone)
    key = old.token
    assert status("new", key) == 401
    assert imported("durin") == f"Imported 1 tokens. Already here: 0. {NOTHING_LEFT_OUT}"
    assert [status(place, key) for place in ("old", "new", "new_first", "old_first")] == [200] * 4
    old.delete()
    assert [status(place, key) for place in ("new", "new_first")] == [200] * 2


@pytest.mark.parametrize(
    ("options", "lifetime"),
    [([], None), (["--ttl", "90d"], timedelta(days=90)), (["--keep-forever"], None)],
)
def test_the_imported_row_has_the_values_of_the_old_one(user, phone, options, lifetime):
    old = Old.objects.create(user, phone)
    imported("durin", *options)
    token = Token.objects.get()
    assert (token.user, token.created_at, token.name) == (user, old.created, "phone")
    assert token.hint == old.token[:4]
    if lifetime is None:
        assert token.expires_at == old.expiry
    else:
        assert abs(token.expires_at - timezone.now() - lifetime) < timedelta(minutes=5)


def test_expired_tokens_and_those_of_inactive_users_are_left_out(user, phone):
    old = Old.objects.create(user, phone)
    Old.objects.update(expiry=timezone.now())
    Old.objects.create(make_user("gone", is_active=False), phone)
    logged_out = Old.objects.create(make_user("leaver"), phone)
    Old.objects.filter(pk=logged_out.pk).delete()
    said = imported("durin")
    assert said == (
        "Imported 0 tokens. Already here: 0. "
        "Left out: 1 expired, 1 of inactive users, 0 unusable.\n"
    )
    assert [status("new", one.token) for one in (old, logged_out)] == [401, 401]


def test_the_number_of_queries_does_not_depend_on_the_number_of_clients(phone):
    def asked(count: int, start: int) -> int:
        for n in range(start, start + count):
            client = Client.objects.create(name=f"client {n}", token_ttl=timedelta(hours=1))
            Old.objects.create(make_user(f"user{n}"), client)
        with queries() as made:
            imported("durin")
        return len(made)

    assert asked(2, 0) == asked(20, 2)


def test_old_and_new_authenticators_work_together(user, other_user, phone):
    """With one keyword for both, durin's authenticator must be last: it refuses unknown keys."""
    old = Old.objects.create(user, phone).token
    new = operations.issue(other_user).key
    assert [status("new_first", key) for key in (old, new)] == [200, 200]
    assert [status("old_first", key) for key in (old, new)] == [200, 401]
    assert status("old_first", new, "Bearer") == 200


@pytest.mark.parametrize("end", ["revoke", "rotate"])
def test_a_revoked_or_rotated_key_is_refused_everywhere_and_not_imported_again(
    user, other_user, phone, end, django_capture_on_commit_callbacks
):
    key = Old.objects.create(user, phone).token
    Old.objects.create(other_user, phone)
    imported("durin")
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
    assert imported("durin").startswith("Imported 0 tokens. Already here: 1.")


@pytest.mark.django_db(transaction=True)
def test_many_tokens_are_imported_while_clients_send_requests():
    count = CROWD
    soon = timezone.now() + timedelta(hours=10)
    users = [make_user(f"user{n}") for n in range(1000)]
    clients = [
        Client.objects.create(name=f"client {n}", token_ttl=soon - timezone.now())
        for n in range(100)
    ]
    keys = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(count)]
    Old.objects.bulk_create(
        [
            Old(token=key, user=users[n // 100], client=clients[n % 100], expiry=soon)
            for n, key in enumerate(keys)
        ],
        batch_size=2000,
    )
    with hammering(keys, "new_first", "old_first", "old") as answers:
        said = imported("durin")
    assert said == f"Imported {count} tokens. Already here: 0. {NOTHING_LEFT_OUT}"
    with hammering(keys, "new", "new_first") as afterwards:
        assert imported("durin").startswith(f"Imported 0 tokens. Already here: {count}.")
    assert set(answers) == set(afterwards) == {200}
    assert answers[200] > 100
