from __future__ import annotations

import ast
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection, transaction
from django.test import override_settings
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

from drf_token_auth import get_token_model, managers
from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.exceptions import KeyNotShown
from drf_token_auth.managers import TokenManager, TokenQuerySet, all_rows
from drf_token_auth.rows import limit, revocation
from drf_token_auth.rows.locking import lock_user
from tests.conftest import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def tokens(db):
    return get_token_model().objects


def test_get_or_create_creates_a_token_and_then_finds_it(tokens, user):
    made, created = tokens.get_or_create(user=user)
    found, again = tokens.get_or_create(user=user)
    assert (created, again) == (True, False)
    assert made.key
    assert found == made
    with pytest.raises(KeyNotShown, match="holds only a digest of its key"):
        _ = found.key


def test_get_or_create_returns_the_newest_usable_token(tokens, user):
    now = timezone.now()
    tokens.create(user=user, created_at=now - timedelta(days=3))
    newest = tokens.create(user=user, created_at=now - timedelta(days=1))
    tokens.create(user=user, created_at=now, expires_at=now - timedelta(seconds=1))
    assert tokens.get_or_create(user=user) == (newest, False)
    assert tokens.get_or_create(user_id=user.pk) == (newest, False)


def test_the_manager_uses_from_key_of_the_projects_queryset(tokens, user):
    class Tagged(TokenQuerySet):
        def from_key(self, key):
            token = super().from_key(key)
            token.tag = "seen"
            return token

    class Manager(TokenManager.from_queryset(Tagged)):
        pass

    manager = Manager()
    manager.model = tokens.model
    key = tokens.create(user=user).key
    assert manager.from_key(key).tag == "seen"
    assert async_to_sync(manager.afrom_key)(key).tag == "seen"


def test_get_or_create_ignores_expired_tokens(tokens, user):
    tokens.create(user=user, expires_at=timezone.now())
    token, created = tokens.get_or_create(user=user)
    assert created
    assert tokens.from_key(token.key) == token


@pytest.mark.parametrize("by", ["user", "user_id"])
def test_get_or_create_ignores_tokens_with_an_old_password(tokens, user, by):
    old, _ = tokens.get_or_create(user=user)
    user.set_password("another")
    user.save()
    named = {by: user if by == "user" else user.pk}
    token, created = tokens.get_or_create(**named)
    assert created
    assert token != old
    assert tokens.get_or_create(**named) == (token, False)


def test_get_or_create_takes_further_conditions_and_defaults(tokens, user):
    tokens.create(user=user, name="laptop")
    phone, created = tokens.get_or_create(
        user=user, name="phone", defaults={"expires_at": None, "kind": lambda: "personal"}
    )
    assert created
    assert (phone.name, phone.expires_at, phone.kind) == ("phone", None, "personal")
    assert tokens.get_or_create(user=user, name="phone") == (phone, False)


def test_get_or_create_works_through_the_users_own_manager(user):
    name = get_token_model()._meta.get_field("user").remote_field.get_accessor_name()
    own = getattr(user, name)
    token, created = own.get_or_create()
    assert created
    assert token.user == user
    assert own.get_or_create() == (token, False)


def test_aget_or_create_creates_a_token_that_is_found_again(tokens, user):
    @async_to_sync
    async def elsewhere():
        return await tokens.aget_or_create(user=user)

    token, created = elsewhere()
    assert created
    assert tokens.get_or_create(user=user) == (token, False)


def test_update_or_create_changes_the_newest_token(tokens, user):
    token = tokens.create(user=user)
    found, created = tokens.update_or_create(user=user, defaults={"name": "renamed"})
    assert (found, created) == (token, False)
    token.refresh_from_db()
    assert token.name == "renamed"


@pytest.mark.parametrize("lookup", [{"key": "x"}, {"key__in": ["x"]}])
@pytest.mark.parametrize("method", ["get", "filter", "exclude", "get_or_create"])
def test_the_error_for_a_key_lookup_says_what_to_write(tokens, method, lookup):
    with pytest.raises(FieldError, match=r"from_key\(key\)"):
        getattr(tokens, method)(**lookup)


def test_bulk_create_gives_each_token_a_key_an_expiry_and_a_stamp(tokens, user, other_user):
    made = tokens.bulk_create(
        [
            get_token_model()(user=user),
            get_token_model()(user_id=other_user.pk, expires_at=None),
        ]
    )
    assert [tokens.from_key(token.key) for token in made] == made
    assert made[0].expires_at is not None
    assert made[1].expires_at is None
    assert all(token.user_stamp for token in made)


def test_bulk_create_loads_the_missing_users_together(
    tokens, user_factory, django_assert_max_num_queries
):
    ids = [user_factory(f"user{number}").pk for number in range(20)]
    with django_assert_max_num_queries(4):
        tokens.bulk_create([get_token_model()(user_id=pk) for pk in ids])


def test_from_key_finds_only_tokens_that_authenticate(tokens, user, other_user):
    token = tokens.create(user=user)
    expired = tokens.create(user=user, expires_at=timezone.now())
    assert tokens.from_key(token.key) == token
    assert tokens.from_key(expired.key) is None
    assert tokens.from_key("nonsense") is None
    assert tokens.from_key("") is None
    assert tokens.filter(user=other_user).from_key(token.key) is None
    user.is_active = False
    user.save()
    assert tokens.from_key(token.key) is None


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("form", ["Token {}", "Bearer {}", '"{}"', "{}\n", "{token}", "{}"])
def test_the_console_says_to_pass_the_key_alone(tokens, user, settings, caplog, form, debug):
    settings.DEBUG = debug
    token = tokens.create(user=user)
    text = form.format(token.key, token=token)
    found = tokens.from_key(text)
    is_alone = text == token.key
    assert (found == token) is is_alone
    said = [one for one in caplog.messages if "Pass the key alone" in one]
    assert len(said) == (1 if debug and not is_alone else 0)
    assert token.key[4:] not in "".join(caplog.messages)


@pytest.mark.parametrize("key", [None, b"", b"\xff", 5, ["x"]])
def test_from_key_of_a_value_that_is_not_text_finds_nothing(
    tokens, user, key, django_assert_num_queries
):
    """A websocket may open without a key."""
    with django_assert_num_queries(0):
        assert tokens.from_key(key) is None
        assert tokens.all().from_key(key) is None
        assert async_to_sync(tokens.afrom_key)(key) is None
        with pytest.raises(AuthenticationFailed):
            ExpiringTokenAuthentication().authenticate_credentials(key)


def test_from_key_loads_the_user_and_writes_nothing(tokens, user, django_assert_num_queries):
    token = tokens.create(user=user)
    with django_assert_num_queries(1):
        assert tokens.from_key(token.key).user == user


def test_every_token_is_either_usable_or_expired(tokens, user):
    now = timezone.now()
    usable = {tokens.create(user=user), tokens.create(user=user, expires_at=None)}
    expired = {tokens.create(user=user, expires_at=now)}
    assert set(tokens.usable()) == usable
    assert set(tokens.expired()) == expired


def test_revoke_returns_the_count_and_keeps_other_tokens(tokens, user, other_user):
    for _ in range(3):
        tokens.create(user=user)
    kept = tokens.create(user=other_user)
    assert tokens.filter(user=user).revoke(reason="admin") == 3
    assert tokens.filter(user=user).revoke(reason="admin") == 0
    assert list(tokens.all()) == [kept]


def test_delete_returns_the_same_as_djangos(tokens, user):
    token = tokens.create(user=user)
    tokens.create(user=user)
    label = get_token_model()._meta.label
    assert token.delete() == (1, {label: 1})
    assert tokens.filter(user=user).delete() == (1, {label: 1})
    assert tokens.filter(user=user).delete() == (0, {})


class NowhereRouter:
    """A router that names a database that does not exist."""

    def db_for_write(self, model, **hints):
        return "nowhere"


def test_revoke_uses_the_given_database(tokens, user):
    """Each query goes to the given database. The database of the router does not exist."""
    made = [tokens.create(user=user) for _ in range(4)]
    with override_settings(DATABASE_ROUTERS=["tests.models.test_managers.NowhereRouter"]):
        assert tokens.using("default").filter(pk=made[0].pk).revoke(reason="admin") == 1
        assert tokens.using("default").filter(pk=made[1].pk).delete()[0] == 1
        assert made[2].revoke(reason="admin", using="default")
        assert made[3].delete(using="default")[0] == 1
    assert not tokens.exists()


def test_deleting_a_user_deletes_the_tokens(tokens, user):
    tokens.create(user=user)
    user.delete()
    assert not tokens.exists()


def test_locking_a_user_changes_nothing(user):
    before = dict(type(user).objects.filter(pk=user.pk).values().get())
    with transaction.atomic():
        lock_user(get_token_model(), user.pk, using="default")
    assert type(user).objects.filter(pk=user.pk).values().get() == before


@pytest.mark.parametrize("act", ["make", "revoke"])
def test_several_users_are_locked_in_one_order(monkeypatch, settings, act):
    settings.DRF_TOKEN_AUTH = {"MAX_TOKENS_PER_USER": 5}
    users = [make_user(f"user {number}") for number in range(11)]
    rows = [get_token_model()(user=user) for user in reversed(users)]
    if act == "revoke":
        get_token_model().objects.bulk_create(rows)
    locked = []

    def note(model, user_pk, *, using):
        locked.append(user_pk)
        return lock_user(model, user_pk, using=using)

    monkeypatch.setattr(limit, "lock_user", note)
    monkeypatch.setattr(revocation, "lock_user", note)
    if act == "make":
        get_token_model().objects.bulk_create(rows)
    else:
        get_token_model().objects.all().revoke(reason="test")
    assert locked == sorted((user.pk for user in users), key=str)


def test_all_rows_returns_every_row(tokens, user):
    tokens.create(user=user)
    assert all_rows(get_token_model(), "default").count() == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_backfills_create_one_token(user):
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        # An in-memory database has one connection. tests/concurrency uses threads on real servers.
        get_token_model().objects.get_or_create(user=user)
        get_token_model().objects.get_or_create(user=user)
        assert get_token_model().objects.count() == 1
        return
    start = threading.Barrier(8)

    def backfill() -> None:
        try:
            start.wait()
            get_token_model().objects.get_or_create(user=user)
        finally:
            connection.close()

    threads = [threading.Thread(target=backfill) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert get_token_model().objects.count() == 1


def test_the_default_expiry_is_computed_for_each_new_token(tokens, user):
    with override_settings(DRF_TOKEN_AUTH={"TTL": timedelta(hours=1)}):
        token = tokens.create(user=user)
    left = token.expires_at - timezone.now()
    assert timedelta(minutes=59) < left <= timedelta(hours=1)


def test_the_manager_for_type_checkers_has_the_real_methods():
    """``from_queryset`` creates the manager that runs. Type checkers read ``_Manager``."""
    [written_out] = [
        node
        for node in ast.walk(ast.parse(Path(managers.__file__).read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and node.name == "_Manager"
    ]
    named = {method.name for method in written_out.body}
    assert all(callable(getattr(TokenManager, name)) for name in named)
    of_the_queryset = {name for name in vars(TokenQuerySet) if hasattr(TokenManager, name)}
    as_on_any = {"bulk_create", "bulk_update", "get_or_create", "update"}
    own = {name for name in vars(TokenManager) if name in of_the_queryset}
    assert {name for name in of_the_queryset if name[0] != "_"} <= named | as_on_any | own


@pytest.mark.parametrize("limit", [None, 3])
def test_a_token_without_a_user_is_a_database_error(tokens, settings, limit):
    settings.DRF_TOKEN_AUTH = {"MAX_TOKENS_PER_USER": limit}
    model = tokens.model
    for make in (tokens.create, model().save, lambda: tokens.bulk_create([model()])):
        with pytest.raises(IntegrityError), transaction.atomic():
            make()
