"""MAX_TOKENS_PER_USER limits the usable tokens of a kind, for every way to make a token."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from drf_token_auth.exceptions import InactiveUser, Refused, TokenLimitReached
from tests.conftest import make_user
from tests.lives import at, atomic_requests, client_of, listening, log_in, status_of

Token = get_token_model()
HOUR = timedelta(hours=1)
both = pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "ATOMIC_REQUESTS"])


def limit(number: int, when_full: str = "evict_oldest", **more: Any) -> Any:
    return override_settings(
        DRF_TOKEN_AUTH={"MAX_TOKENS_PER_USER": number, "WHEN_FULL": when_full, **more}
    )


def names(**wanted: Any) -> list[str]:
    return list(Token.objects.filter(**wanted).order_by("pk").values_list("name", flat=True))


def issue_each_hour(user: Any, *called: str, **options: Any) -> list[Any]:
    """Return tokens that were issued an hour apart, the last one an hour ago."""
    start = timezone.now() - len(called) * HOUR
    made = []
    for number, name in enumerate(called):
        with at(start + number * HOUR):
            made.append(operations.issue(user, name=name, **options))
    return made


@pytest.mark.parametrize("number", [1, 2, 3])
def test_no_token_is_revoked_below_the_limit(user: Any, number: int) -> None:
    with limit(number):
        for name in "abc"[:number]:
            operations.issue(user, name=name)
        assert names() == list("abc"[:number])
        operations.issue(user, name="more")
        assert names() == [*"abc"[1:number], "more"]


def test_the_oldest_token_is_revoked_at_the_limit(user: Any) -> None:
    with limit(3):
        issue_each_hour(user, "a", "b", "c", "d", "e")
    assert names() == ["c", "d", "e"]


def test_the_token_unused_for_longest_is_revoked_first(user: Any) -> None:
    a, b, _ = issue_each_hour(user, "a", "b", "c")
    now = timezone.now()
    Token.objects.filter(pk=a.pk).update(last_used_at=now - timedelta(minutes=1))
    Token.objects.filter(pk=b.pk).update(last_used_at=now - timedelta(minutes=90))
    with limit(2):
        operations.issue(user, name="d")
    assert names() == ["a", "d"]  # c was never used, and was made before a's last use


def test_the_older_of_two_tokens_used_at_the_same_time_is_revoked(user: Any) -> None:
    issue_each_hour(user, "a", "b")
    Token.objects.update(last_used_at=timezone.now())
    with limit(2):
        operations.issue(user, name="c")
    assert names() == ["b", "c"]


def test_kinds_are_counted_apart(user: Any) -> None:
    with limit(1):
        operations.issue(user, name="login")
        operations.issue(user, name="personal", kind="personal")
        assert names() == ["login", "personal"]
        operations.issue(user, name="personal 2", kind="personal")
    assert names() == ["login", "personal 2"]


def test_users_are_counted_apart(user: Any, other_user: Any) -> None:
    with limit(1):
        operations.issue(user, name="a")
        operations.issue(other_user, name="b")
    assert names() == ["a", "b"]


def test_expired_tokens_do_not_count(user: Any) -> None:
    operations.issue(user, name="expired", ttl=timedelta(0))
    now = timezone.now()
    Token.objects.create(user=user, name="expiring", expires_at=now)
    with limit(1), at(now):
        operations.issue(user, name="a")
    assert names() == ["expired", "expiring", "a"]


def test_a_token_counts_until_its_last_microsecond(user: Any) -> None:
    now = timezone.now()
    Token.objects.create(user=user, name="a", expires_at=now + timedelta(microseconds=1))
    with limit(1), at(now):
        operations.issue(user, name="b")
    assert names() == ["b"]


def test_tokens_with_an_old_password_do_not_count(user: Any) -> None:
    operations.issue(user, name="before")
    user.set_password("another")
    user.save()
    with limit(1, "reject"):
        operations.issue(user, name="after")
    assert names() == ["after"]


def test_a_lowered_limit_revokes_all_surplus_tokens(user: Any) -> None:
    issue_each_hour(user, *"abcde")
    with limit(2):
        operations.issue(user, name="f")
    assert names() == ["e", "f"]


def test_eviction_sends_a_signal(user: Any, django_capture_on_commit_callbacks: Any) -> None:
    (old,) = issue_each_hour(user, "old")
    with (
        listening() as heard,
        limit(1),
        django_capture_on_commit_callbacks(execute=True),
    ):
        new = operations.issue(user, name="new", actor=user)
    assert [(one.what, one.token.pk, one.reason, one.actor) for one in heard] == [
        ("revoked", old.pk, "limit", user),
        ("created", new.pk, None, user),
    ]
    assert status_of(old) == 401
    assert status_of(new) == 200


# With WHEN_FULL "reject"


@pytest.mark.parametrize("number", [1, 3])
def test_with_reject_no_token_is_created_at_the_limit(
    user: Any, number: int, django_capture_on_commit_callbacks: Any
) -> None:
    with limit(number, "reject"):
        for name in "abc"[:number]:
            operations.issue(user, name=name)
        with (
            listening() as heard,
            django_capture_on_commit_callbacks(execute=True),
            pytest.raises(TokenLimitReached) as refusal,
        ):
            operations.issue(user, name="more")
        assert refusal.value.limit == number
        assert str(number) in str(refusal.value)
        assert heard == []
        assert names() == list("abc"[:number])
        operations.issue(user, kind="personal", name="another kind")


def test_a_revoked_token_makes_room_for_a_new_one(user: Any) -> None:
    with limit(1, "reject"):
        first = operations.issue(user)
        operations.revoke(first, reason="logout")
        assert operations.issue(user).pk != first.pk


@pytest.mark.django_db(transaction=True)
@both
@pytest.mark.parametrize("when_full", ["evict_oldest", "reject"])
def test_a_login_at_the_limit_is_refused_or_revokes_the_oldest_token(
    atomic: bool, when_full: str
) -> None:
    user = make_user()
    with atomic_requests(atomic), limit(1, when_full), listening() as heard:
        first = log_in(user)
        assert first.status_code == 200
        second = log_in(user)
        if when_full == "reject":
            assert second.status_code == 403
            assert second.data["detail"].code == "token_limit"
            assert status_of(first.data["token"]) == 200
            assert [one.what for one in heard] == ["created"]
        else:
            assert second.status_code == 200
            assert status_of(first.data["token"]) == 401
            assert status_of(second.data["token"]) == 200
            assert [one.what for one in heard] == ["created", "revoked", "created"]
    assert Token.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@both
def test_a_personal_token_at_the_limit_is_refused(atomic: bool) -> None:
    user = make_user()
    with atomic_requests(atomic), limit(1, "reject"):
        client = client_of(log_in(user).data["token"])
        assert client.post("/auth/tokens/", {"name": "one"}).status_code == 201
        response = client.post("/auth/tokens/", {"name": "two"})
        assert response.status_code == 403
        assert response.data["detail"].code == "token_limit"
        assert "token" not in response.data
    assert names(kind="personal") == ["one"]


def test_the_command_at_the_limit_is_refused(user: Any) -> None:
    with limit(1, "reject"):
        call_command("create_token", user.get_username(), stdout=StringIO())
        with pytest.raises(CommandError, match="allows a user 1 usable token"):
            call_command("create_token", user.get_username(), stdout=StringIO())


def save(user: Any, name: str) -> None:
    Token(user=user, name=name).save()


def create(user: Any, name: str) -> None:
    Token.objects.create(user=user, name=name)


def bulk_create(user: Any, name: str) -> None:
    Token.objects.bulk_create([Token(user=user, name=name)])


ways = pytest.mark.parametrize("make", [save, create, bulk_create])


@ways
def test_a_row_that_a_project_creates_counts(user: Any, other_user: Any, make: Any) -> None:
    with limit(2):
        make(other_user, "other")
        for name in "abc":
            make(user, name)
        assert names() == ["other", "b", "c"]


@ways
def test_a_row_that_a_project_creates_is_refused_at_the_limit(user: Any, make: Any) -> None:
    with limit(1, "reject"):
        make(user, "a")
        with pytest.raises(TokenLimitReached):
            make(user, "b")
    assert names() == ["a"]


def test_an_expired_row_needs_no_room(user: Any) -> None:
    with limit(1):
        Token.objects.create(user=user, name="a")
        Token.objects.create(user=user, name="old", expires_at=timezone.now() - HOUR)
    assert names() == ["a", "old"]


def test_bulk_create_needs_room_for_all_tokens(user: Any, other_user: Any) -> None:
    def tokens(named: str, **columns: Any) -> list[Any]:
        return [Token(user=user, name=name, **columns) for name in named]

    with limit(3):
        Token.objects.bulk_create(tokens("ab"))
        mixed = [*tokens("cd"), Token(user=other_user, name="other")]
        Token.objects.bulk_create([*mixed, *tokens("x", kind="personal")])
        assert names() == ["b", "c", "d", "other", "x"]
        with pytest.raises(TokenLimitReached):
            Token.objects.bulk_create(tokens("efgh"))
    assert names() == ["b", "c", "d", "other", "x"]


def test_an_eviction_names_the_actor_who_made_the_token_of_this_kind(
    user: Any, other_user: Any, django_capture_on_commit_callbacks: Any
) -> None:
    operations.issue(user, name="old")
    new = [Token(user=user, kind=kind) for kind in ("personal", "login")]
    new[0].origin, new[1].origin = (user, None), (other_user, None)
    with (
        listening() as heard,
        limit(1),
        django_capture_on_commit_callbacks(execute=True),
    ):
        Token.objects.bulk_create(new)
    assert [one.actor for one in heard if one.what == "revoked"] == [other_user]


@ways
def test_a_user_with_the_id_0_has_a_limit_too(user: Any, make: Any) -> None:
    # MySQL cannot store the id 0 in this column. There, the user keeps its id.
    if isinstance(user.pk, int) and connection.features.allows_auto_pk_0:
        user.pk = user.id = 0
        user.username = "zero"
        user.email = "zero@example.com"
        user.save(force_insert=True)
    with limit(1):
        make(user, "a")
        make(user, "b")
    assert names() == ["b"]


def test_a_renamed_token_needs_no_room(user: Any) -> None:
    with limit(1):
        token = Token.objects.create(user=user, name="a")
        token.name = "b"
        token.save()
    assert names() == ["b"]


def test_there_is_no_limit_by_default(user: Any) -> None:
    for name in "abcdef":
        operations.issue(user, name=name)
    assert names() == list("abcdef")


# The presented token


@pytest.mark.parametrize("end", ["revoked", "expired", "deactivated", "rotated"])
def test_a_token_that_would_be_refused_now_creates_no_token(user: Any, end: str) -> None:
    presented = operations.issue(user)
    if end == "revoked":
        operations.revoke(presented)
    elif end == "expired":
        Token.objects.update(expires_at=timezone.now())
    elif end == "deactivated":
        type(user)._default_manager.update(is_active=False)
    else:
        operations.rotate(operations.rotate(presented))
    before = Token.objects.count()
    with pytest.raises(Refused):
        operations.issue(user, kind="personal", presented=presented)
    assert Token.objects.count() == before


def test_a_usable_token_creates_a_token(user: Any) -> None:
    presented = operations.issue(user)
    made = operations.issue(user, kind="personal", presented=presented)
    assert Token.objects.from_key(made.key) == made
    made = operations.issue(user, presented="a session")
    assert Token.objects.from_key(made.key) == made


@pytest.mark.parametrize("end", ["deactivated", "deleted"])
def test_a_user_who_is_deactivated_or_deleted_meanwhile_gets_no_token(user: Any, end: str) -> None:
    """A caller that loads the user after the change sees that the user is inactive. This caller may
    issue a token."""
    users = type(user)._default_manager.filter(pk=user.pk)
    if end == "deactivated":
        users.update(is_active=False)
    else:
        users.delete()
    with pytest.raises(InactiveUser):
        operations.issue(user)
    assert not Token.objects.exists()
    if end == "deactivated":
        assert operations.issue(users.get()).user_id == user.pk


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            "issue(user, ttl=3600)",
            "ttl must be a timedelta or None, but it is 3600. Write ttl=",
        ),
        ("issue(user, ttl='2h')", "Write ttl=timedelta(hours=2)."),
        ("issue(user, ttl=object)", "Write ttl=timedelta(days=14)."),
        ("issue(user, idle_timeout=60)", "Write idle_timeout=timedelta(seconds=60)."),
        ("replace(user, name='x', ttl=60)", "Write ttl=timedelta(seconds=60)."),
        ("purge(older_than=7)", "Write older_than=timedelta(seconds=7)."),
        ("purge(unused_for='180 days')", "Write unused_for=timedelta(days=180)."),
    ],
)
def test_a_wrong_duration_is_shown_with_the_timedelta_to_write(
    user: Any, call: str, message: str
) -> None:
    name, arguments = call.rstrip(")").split("(", 1)
    with pytest.raises(TypeError) as raised:
        eval(f"operations.{name}({arguments})", {"operations": operations, "user": user})
    assert message in str(raised.value)
    assert not Token.objects.exists()
