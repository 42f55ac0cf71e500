"""Find the user that a command names, by name or by id.

Some users are hidden, and some names belong to two users.
"""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError
from django.db import IntegrityError, models, transaction

from drf_token_auth import get_token_model, operations
from drf_token_auth.management.users import find_user
from tests.conftest import make_user
from tests.management.test_commands import refused, revoke, run

User = get_user_model()
Token = get_token_model()

pytestmark = pytest.mark.django_db


class Manager(models.Manager[Any]):
    """A project's user manager. It hides some users, and finds others by another spelling."""

    hidden: tuple[Any, ...] = ()

    def get_queryset(self) -> Any:
        return super().get_queryset().exclude(pk__in=self.hidden)

    def get_by_natural_key(self, username: str) -> Any:
        return self.get(**{f"{User.USERNAME_FIELD}__iexact": username})


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Manager:
    made = Manager()
    made.model = User
    monkeypatch.setattr(User._meta, "default_manager", made, raising=False)
    monkeypatch.setattr(type(User), "_default_manager", property(lambda cls: made), raising=False)
    return made


def test_a_user_is_found_by_id(user: Any, other_user: Any) -> None:
    key = run("create_token", "--user-id", user.pk).strip()
    assert Token.objects.from_key(key).user == user
    operations.issue(other_user)
    assert revoke("--user-id", user.pk) == "Revoked 1 token.\n"
    assert [token.user for token in Token.objects.all()] == [other_user]


@pytest.mark.parametrize("id_", ["x", "", "99999999", "9" * 40])
def test_an_id_that_no_user_has_is_refused(user: Any, id_: str) -> None:
    for typed in (["create_token", "--user-id", id_], ["revoke_tokens", "--user-id", id_]):
        assert str(refused(*typed)) == f"There is no user with the id {id_!r}."


@pytest.mark.parametrize("typed", [[], ["ada", "--user-id", "1"]])
def test_create_token_needs_one_user(typed: list[str]) -> None:
    assert "Name the user: create_token USERNAME, or " in str(refused("create_token", *typed))


def test_revoke_tokens_takes_a_name_or_an_id(user: Any) -> None:
    assert "not allowed with" in str(refused("revoke_tokens", "--user", "ada", "--user-id", "1"))


def test_a_hidden_user_gets_no_token_and_existing_ones_are_revoked(
    user: Any, manager: Manager
) -> None:
    operations.issue(user)
    manager.hidden = (user.pk,)
    name = user.get_username()
    assert "There is no user whose" in str(refused("create_token", name))
    assert "There is no user with" in str(refused("create_token", "--user-id", user.pk))
    assert revoke("--user", name) == "Revoked 1 token.\n"
    assert not Token.objects.exists()


def in_another_letter_form(name: str) -> str:
    """Write accents as separate characters, and ASCII letters in full width."""
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isascii() else c for c in name)
    return unicodedata.normalize("NFD", wide)


@pytest.mark.parametrize("name", ["한글", "ada", "josé"])
def test_a_name_is_found_in_another_letter_form(db: None, name: str) -> None:
    owner = make_user("owner")
    User.objects.filter(pk=owner.pk).update(**{User.USERNAME_FIELD: name})
    typed = in_another_letter_form(name)
    assert typed != name
    key = run("create_token", typed).strip()
    assert Token.objects.from_key(key).user == owner
    assert revoke("--user", typed) == "Revoked 1 token.\n"


def test_a_name_that_is_stored_in_another_letter_form_is_found(db: None) -> None:
    owner = make_user("owner")
    stored = in_another_letter_form("ada")
    User.objects.filter(pk=owner.pk).update(**{User.USERNAME_FIELD: stored})
    assert find_user(stored, None, using="default") == owner


def test_another_spelling_that_the_manager_knows_is_found(user: Any, manager: Manager) -> None:
    assert find_user(user.get_username().upper(), None, using="default") == user


def test_a_spelling_that_the_manager_finds_twice_is_refused(user: Any, manager: Manager) -> None:
    name = user.get_username()
    twin = make_user("twin")
    try:
        with transaction.atomic():
            User.objects.filter(pk=twin.pk).update(**{User.USERNAME_FIELD: name.title()})
    except IntegrityError:
        # This database treats both spellings as one name, so there can be no second user.
        assert find_user(name.upper(), None, using="default") == user
        return
    if User.objects.filter(**{User.USERNAME_FIELD: name}).count() == 1:
        assert find_user(name, None, using="default") == user
    with pytest.raises(CommandError, match="Several users have the"):
        find_user(name.upper(), None, using="default")


class Twins:
    """A queryset of two users with one name, as in a project whose names are unique per company."""

    model = User

    def __init__(self, *found: Any) -> None:
        self.found = found

    def using(self, alias: Any) -> Twins:
        return self

    filter = order_by = lambda self, *args, **kwargs: self

    def __getitem__(self, index: Any) -> Any:
        return self.found[index]


def test_a_name_that_two_users_have_is_refused(
    user: Any, other_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    twins = property(lambda cls: Twins(user, other_user))
    for name in ("_default_manager", "_base_manager"):
        monkeypatch.setattr(type(User), name, twins)
    ids = ", ".join(sorted([str(user.pk), str(other_user.pk)]))
    for typed in (["create_token", "7"], ["revoke_tokens", "--user", "7", "--no-input"]):
        assert str(refused(*typed)) == (
            f"Several users have the {User.USERNAME_FIELD} '7'. Use --user-id with one of their "
            f"ids, such as {ids}."
        )


def test_code_may_give_the_name_as_a_number(db: None) -> None:
    """``call_command()`` passes the value of an option as it is."""
    error = refused("revoke_tokens", user=12345, interactive=False)
    assert str(error) == f"There is no user whose {User.USERNAME_FIELD} is 12345."
