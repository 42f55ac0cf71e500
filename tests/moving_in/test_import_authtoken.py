"""``import_tokens authtoken``, with the clients of ``rest_framework.authtoken``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError
from django.utils import timezone
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token as Old

from drf_token_auth import get_token_model, operations
from drf_token_auth.authentication import BearerTokenAuthentication, ExpiringTokenAuthentication
from tests.conftest import make_user
from tests.moving_in.crowd import CROWD, hammering, imported, paths, status


class OldBearer(TokenAuthentication):
    keyword = "Bearer"


class BothBearer(BearerTokenAuthentication):
    """The class of docs/moving-in/code.md, for views that name one class of the project."""

    def authenticate(self, request):
        return super().authenticate(request) or OldBearer().authenticate(request)


urlpatterns = paths(
    old=[TokenAuthentication],
    both=[BothBearer],
    new=[ExpiringTokenAuthentication],
    new_first=[ExpiringTokenAuthentication, TokenAuthentication],
    old_first=[TokenAuthentication, ExpiringTokenAuthentication, BearerTokenAuthentication],
)
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]
Token = get_token_model()
NOTHING_LEFT_OUT = "Left out: 0 expired, 0 of inactive users, 0 unusable.\n"


def test_an_imported_key_works_in_the_same_header(user):
    key = Old.objects.create(user=user).key
    assert status("new", key) == 401
    assert imported("authtoken") == f"Imported 1 tokens. Already here: 0. {NOTHING_LEFT_OUT}"
    assert [status(place, key) for place in ("old", "new", "new_first", "old_first")] == [200] * 4
    Old.objects.all().delete()
    assert [status(place, key) for place in ("new", "new_first")] == [200] * 2


def test_the_imported_row_has_the_values_of_the_old_one(user):
    old = Old.objects.create(user=user)
    Old.objects.update(created=timezone.now() - timedelta(days=500))
    imported("authtoken", "--keep-forever")
    token = Token.objects.get()
    assert (token.user, token.hint) == (user, old.key[:4])
    assert token.created_at == Old.objects.get().created
    assert token.expires_at is None


def test_old_and_new_authenticators_work_together(user, other_user):
    """With one keyword for both, DRF's authenticator must be last: it refuses unknown keys."""
    old = Old.objects.create(user=user).key
    new = operations.issue(other_user).key
    assert [status("new_first", key) for key in (old, new)] == [200, 200]
    assert [status("old_first", key) for key in (old, new)] == [200, 401]
    assert status("old_first", new, "Bearer") == 200


def test_one_class_can_try_the_new_keys_and_then_the_old_ones(user, other_user):
    old = Old.objects.create(user=user).key
    new = operations.issue(other_user).key
    assert [status("both", key, "Bearer") for key in (old, new, "x" * 40)] == [200, 200, 401]
    ended = operations.issue(other_user)
    assert ended.revoke(reason="logout")
    assert status("both", ended.key, "Bearer") == 401


def test_auth_token_of_a_user_is_the_old_row_as_long_as_the_app_is_installed(user):
    key = Old.objects.create(user=user).key
    imported("authtoken")
    assert user.auth_token.key == key
    user.auth_token.delete()
    assert status("new", key) == 200


def test_users_hidden_by_the_default_manager_are_imported(user, monkeypatch):
    Old.objects.create(user=user)
    hidden = type(user)._default_manager.none()
    monkeypatch.setattr(type(type(user)._default_manager), "get_queryset", lambda self: hidden)
    assert imported("authtoken").startswith("Imported 1 tokens.")


def test_a_token_deleted_before_the_import_is_not_imported(user, other_user):
    kept, gone = (Old.objects.create(user=one).key for one in (user, other_user))
    Old.objects.filter(key=gone).delete()
    imported("authtoken")
    assert [status("new", key) for key in (kept, gone)] == [200, 401]


def test_the_next_import_includes_a_login_on_an_old_server(user, other_user):
    Old.objects.create(user=user)
    imported("authtoken")
    late = Old.objects.create(user=other_user).key
    assert status("new_first", late) == 200
    assert imported("authtoken").startswith("Imported 1 tokens. Already here: 1.")
    assert status("new", late) == 200


def test_an_old_table_that_is_missing_is_an_error(monkeypatch):
    monkeypatch.setattr(Old._meta, "db_table", "authtoken_gone")
    with pytest.raises(CommandError, match="no table 'authtoken_gone' in the database 'default'"):
        imported("authtoken")


@pytest.mark.parametrize("end", ["revoke", "rotate"])
def test_a_revoked_or_rotated_key_is_refused_everywhere_and_not_imported_again(
    user, other_user, end
):
    key = Old.objects.create(user=user).key
    Old.objects.create(user=other_user)
    imported("authtoken")
    token = Token.objects.from_key(key)
    assert operations.revoke(token) if end == "revoke" else operations.rotate(token)
    Token.objects.update(previous_until=timezone.now())
    assert [status(place, key) for place in ("old", "new", "new_first", "old_first")] == [401] * 4
    assert Old.objects.count() == 1
    assert imported("authtoken").startswith("Imported 0 tokens. Already here: 1.")


@pytest.mark.django_db(transaction=True)
def test_many_tokens_are_imported_while_clients_send_requests():
    count = CROWD
    user_model: Any = get_user_model()
    password = make_user("first").password
    emails = (f"user{n}@example.com" for n in range(count))
    users = user_model.objects.bulk_create(
        [user_model(email=email, password=password) for email in emails], batch_size=2000
    )
    Old.objects.bulk_create([Old(user=one, key=f"{one.pk:040x}") for one in users], batch_size=2000)
    keys = list(Old.objects.values_list("key", flat=True))
    with hammering(keys, "new_first", "old_first", "old") as answers:
        said = imported("authtoken")
    assert said == f"Imported {count} tokens. Already here: 0. {NOTHING_LEFT_OUT}"
    with hammering(keys, "new", "new_first") as afterwards:
        assert imported("authtoken").startswith(f"Imported 0 tokens. Already here: {count}.")
    assert set(answers) == set(afterwards) == {200}
    assert answers[200] > 100
