"""A rotation makes a new key. The previous key works within its grace. Its later use is reuse."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from hashlib import sha512
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from drf_token_auth import get_token_model, keys, operations
from drf_token_auth.exceptions import InactiveUser, ReusedKey, TokenExpired, UnknownKey
from tests.conftest import make_user
from tests.lives import EDGES, at, atomic_requests, client_of, listening, row, status_of

Token = get_token_model()
MINUTE = timedelta(minutes=1)
both = pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "ATOMIC_REQUESTS"])

pytestmark = pytest.mark.urls("tests.life_urls")


def rotate(key: Any) -> Any:
    return client_of(key).post("/auth/token/rotate/")


def rotated(key: Any) -> str:
    response = rotate(key)
    assert response.status_code == 200, response.data
    return str(response.data["token"])


@pytest.mark.parametrize("kind", ["login", "personal"])
def test_a_rotation_gives_the_same_row_a_new_key(user: Any, kind: str) -> None:
    with override_settings(DRF_TOKEN_AUTH={"SCOPES": {"read": "Read"}}):
        token = operations.issue(user, kind=kind, name="phone", scopes=["read"])
        before = row(token)
        response = rotate(token)
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    after = row(token)
    assert response.data["id"] == after.pk == before.pk
    assert response.data["token"] != token.key
    assert response.data["current"] is True
    assert response.data["hint"] == after.hint == response.data["token"][4:8]
    kept = ("user", "kind", "name", "scopes", "created_at", "expires_at", "idle_timeout")
    for name in (*kept, "renewable_until", "user_stamp"):
        assert getattr(after, name) == getattr(before, name), name
    assert bytes(after.previous_digest) == bytes(before.digest)
    assert Token.objects.count() == 1


def test_both_keys_work_within_the_grace(user: Any) -> None:
    token = operations.issue(user)
    new = rotated(token)
    assert status_of(new) == 200
    assert status_of(token) == 200
    assert Token.objects.from_key(token.key) == Token.objects.from_key(new) == token


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("edge", EDGES)
def test_the_grace_ends_to_the_microsecond(user: Any, edge: str) -> None:
    now = timezone.now()
    with at(now):
        token = operations.issue(user)
        new = rotated(token)
    is_usable = edge == "before"
    with listening() as heard, at(now + MINUTE + EDGES[edge]):
        response = client_of(token).get("/echo/")
        assert response.status_code == (200 if is_usable else 401)
        if not is_usable:
            assert response.data["detail"].code == "invalid_token"
        assert status_of(new) == 200
    assert [one.what for one in heard] == ([] if is_usable else ["reused"])


@pytest.mark.parametrize("edge", EDGES)
def test_the_previous_key_can_rotate_again_until_the_grace_ends(user: Any, edge: str) -> None:
    now = timezone.now()
    with at(now):
        token = operations.issue(user)
        new = rotated(token)
    with at(now + MINUTE + EDGES[edge]):
        response = rotate(token)
        assert response.status_code == (200 if edge == "before" else 401)
        assert status_of(new) == (401 if edge == "before" else 200)


@pytest.mark.parametrize("grace", [timedelta(0), None])
def test_without_a_grace_the_previous_key_stops_at_once(user: Any, grace: Any) -> None:
    with override_settings(DRF_TOKEN_AUTH={"ROTATION_GRACE": grace}):
        token = operations.issue(user)
        new = rotated(token)
        assert status_of(token) == 401
        assert rotate(token).status_code == 401
        assert status_of(new) == 200


def test_a_lost_answer_can_be_retried_and_one_new_key_works(user: Any) -> None:
    token = operations.issue(user)
    lost = rotated(token)
    lost_too = rotated(token)
    new = rotated(token)
    assert [status_of(key) for key in (lost, lost_too, new)] == [401, 401, 200]
    assert status_of(token) == 200


def test_retries_do_not_prolong_the_grace(user: Any) -> None:
    now = timezone.now()
    with at(now):
        token = operations.issue(user)
        rotated(token)
    with at(now + 50 * timedelta(seconds=1)):
        new = rotated(token)
    with at(now + MINUTE):
        assert status_of(token) == 401
        assert status_of(new) == 200


def test_the_key_before_the_previous_key_does_not_work(user: Any) -> None:
    token = operations.issue(user)
    child = rotated(token)
    grandchild = rotated(child)
    assert [status_of(key) for key in (token, child, grandchild)] == [401, 200, 200]
    assert rotate(token).status_code == 401
    assert status_of(grandchild) == 200


def test_a_previous_key_may_do_what_the_new_one_may(user: Any) -> None:
    token = operations.issue(user)
    rotated(token)
    listed = client_of(token).get("/auth/tokens/").data["results"]
    assert [(one["id"], one["current"]) for one in listed] == [(token.pk, True)]
    assert client_of(token).post("/auth/logout/").status_code == 204
    assert not Token.objects.exists()


# Tokens that cannot be rotated


@pytest.mark.parametrize("edge", EDGES)
def test_an_expired_token_is_not_rotated(user: Any, edge: str) -> None:
    token = operations.issue(user, ttl=MINUTE)
    assert token.expires_at is not None
    before = bytes(token.digest)
    with at(token.expires_at + EDGES[edge]):
        response = rotate(token)
    assert response.status_code == (200 if edge == "before" else 401)
    assert (bytes(row(token).digest) != before) is (edge == "before")
    assert row(token).expires_at == token.expires_at


def test_a_revoked_token_is_not_rotated(user: Any) -> None:
    token = operations.issue(user)
    operations.revoke(token, reason="logout")
    response = rotate(token)
    assert response.status_code == 401
    assert response.data["detail"].code == "invalid_token"
    assert not Token.objects.exists()


def test_a_request_without_our_token_cannot_rotate(user: Any, api_client: Any) -> None:
    assert api_client.post("/auth/token/rotate/").status_code == 401
    api_client.force_authenticate(user)
    response = api_client.post("/auth/token/rotate/")
    assert response.status_code == 400
    assert response.data["detail"].code == "no_token"


class TestBetweenAuthenticationAndRotation:
    """The row changes while the request waits for the user's lock."""

    def test_a_token_that_is_revoked_meanwhile_is_not_rotated(self, user: Any) -> None:
        loaded = operations.issue(user)
        operations.revoke(row(loaded), reason="logout")
        with pytest.raises(UnknownKey):
            operations.rotate(loaded)
        assert not Token.objects.exists()

    def test_a_token_that_expires_meanwhile_is_not_rotated(self, user: Any) -> None:
        loaded = operations.issue(user, ttl=MINUTE)
        assert loaded.expires_at is not None
        with at(loaded.expires_at), pytest.raises(TokenExpired):
            operations.rotate(loaded)

    def test_a_key_that_is_rotated_twice_meanwhile_is_reuse(self, user: Any) -> None:
        loaded = operations.issue(user)
        child = operations.rotate(row(loaded))
        operations.rotate(child)
        with pytest.raises(ReusedKey):
            operations.rotate(loaded)

    def test_a_second_rotation_of_one_key_replaces_the_key_of_the_first(self, user: Any) -> None:
        loaded = [operations.issue(user)]
        loaded.append(row(loaded[0]))
        first, second = (operations.rotate(one) for one in loaded)
        assert status_of(first) == 401
        assert status_of(second) == 200

    def test_a_token_whose_user_is_deactivated_meanwhile_is_not_rotated(self, user: Any) -> None:
        loaded = operations.issue(user)
        type(user)._default_manager.update(is_active=False)
        with pytest.raises(InactiveUser):
            operations.rotate(loaded)
        assert bytes(row(loaded).digest) == bytes(loaded.digest)


# A previous key after its grace


@pytest.fixture
def reused() -> Any:
    """Return a token as it was before a rotation. The grace is over."""
    token = operations.issue(make_user())
    with at(timezone.now() - 2 * MINUTE):
        operations.rotate(token)
    return token


@pytest.mark.django_db(transaction=True)
@both
@pytest.mark.parametrize("path", ["/echo/", "/failing/", "/auth/logout/", "/auth/token/"])
def test_reuse_is_refused_and_sends_one_signal(
    reused: Any, atomic: bool, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with atomic_requests(atomic), listening() as heard:
        assert client_of(reused).post(path).status_code == 401
    ((what, token, reason, actor, request),) = heard
    assert (what, token.pk, reason, actor) == ("reused", reused.pk, None, None)
    assert request.META["REMOTE_ADDR"] == "127.0.0.1"
    assert Token.objects.filter(pk=reused.pk).exists()
    assert f"token reused: id={reused.pk} " in caplog.text
    assert reused.key not in caplog.text


@pytest.mark.django_db(transaction=True)
@both
def test_revoke_on_reuse_survives_the_rollback(reused: Any, atomic: bool) -> None:
    with at(timezone.now() - 2 * MINUTE):
        new = operations.rotate(reused)
    assert status_of(new) == 200
    conf = override_settings(DRF_TOKEN_AUTH={"REVOKE_ON_REUSE": True})
    with conf, atomic_requests(atomic), listening() as heard:
        assert status_of(reused) == 401
    assert [(one.what, one.reason) for one in heard] == [("reused", None), ("revoked", "reuse")]
    assert not Token.objects.exists()
    assert status_of(new) == 401


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("revoke", [True, False])
@pytest.mark.parametrize("rotations_of_the_thief", [1, 2])
def test_a_replaced_key_is_reuse(revoke: bool, rotations_of_the_thief: int) -> None:
    """A thief rotates with the previous key within its grace. This replaces the user's new key."""
    token = operations.issue(make_user())
    users_key = rotated(token)
    thiefs_keys = [rotated(token) for _ in range(rotations_of_the_thief)]
    with override_settings(DRF_TOKEN_AUTH={"REVOKE_ON_REUSE": revoke}), listening() as heard:
        assert status_of(users_key) == 401
        assert status_of(thiefs_keys[-1]) == (401 if revoke else 200)
    events = [("reused", None), ("revoked", "reuse")] if revoke else [("reused", None)]
    assert [(one.what, one.reason) for one in heard] == events


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("users_answers", [1, 2])
@pytest.mark.parametrize("rotations_before", [0, 1, 2])
def test_a_replaced_key_is_reuse_after_lost_answers(
    users_answers: int, rotations_before: int
) -> None:
    """The user lost answers to this rotation or to earlier ones. Then the thief rotates."""
    token = operations.issue(make_user())
    key: str = token.key
    for _ in range(rotations_before):
        rotated(key)
        key = rotated(key)
    users_keys = [rotated(key) for _ in range(users_answers)]
    thiefs_key = rotated(key)
    with listening() as heard:
        assert status_of(users_keys[-1]) == 401
        assert status_of(thiefs_key) == 200
    assert [one.what for one in heard] == ["reused"]


@pytest.mark.django_db(transaction=True)
def test_the_thief_cannot_hide_a_replaced_key_by_rotating_its_own() -> None:
    token = operations.issue(make_user())
    users_key = rotated(token)
    thiefs_key = rotated(rotated(token))
    thiefs_key = rotated(thiefs_key)
    with listening() as heard:
        assert status_of(users_key) == 401
        assert status_of(thiefs_key) == 200
    assert [one.what for one in heard] == ["reused"]


# Every key that a rotation has made


PEPPERS = {1: "one " * 10, 2: "two " * 10, 3: "three " * 10}
# Each function gets the number of a rotation, and returns the settings for this rotation.
CHANGES: dict[str, Any] = {
    "same settings": lambda number: {},
    "a pepper": lambda number: {"PEPPERS": PEPPERS, "PEPPER": 1},
    "other peppers": lambda number: {"PEPPERS": PEPPERS, "PEPPER": number % 3 + 1},
    "other prefixes": lambda number: {"PEPPERS": PEPPERS, "PREFIX": f"x{number}_"},
}


def issued(user: Any) -> str:
    return operations.issue(user).key


def known(user: Any, key: str = "a-known-key") -> str:
    return Token.objects.create(user=user, key=key).key


def from_knox(user: Any) -> str:
    key = "0a" * 32
    digest = keys.knox_digest(sha512(key.encode()).hexdigest())
    Token.objects.filter(pk=operations.issue(user).pk).update(digest=digest)
    return key


def reuse_of(key: str) -> list[str]:
    """Return the events of a refused request with this key."""
    with listening() as heard:
        assert status_of(key) == 401
    return [one.what for one in heard]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("first", [issued, known, partial(known, key="z" * 200), from_knox])
def test_each_key_that_a_retry_replaced_is_reuse(first: Any, change: str) -> None:
    key = first(make_user())
    made = []
    for number in range(6):
        with override_settings(DRF_TOKEN_AUTH=CHANGES[change](number)):
            made.append(rotated(key))
    *replaced, newest = made
    with override_settings(DRF_TOKEN_AUTH={"PEPPERS": PEPPERS}):
        assert [reuse_of(one) for one in replaced] == [["reused"]] * 5
        assert [status_of(one) for one in (key, newest)] == [200, 200]
    assert len(set(made)) == 6


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("which", range(5))
def test_each_key_that_a_retry_replaced_revokes_the_token(which: int) -> None:
    token = operations.issue(make_user())
    made = [rotated(token) for _ in range(6)]
    with override_settings(DRF_TOKEN_AUTH={"REVOKE_ON_REUSE": True}):
        assert reuse_of(made[which]) == ["reused", "revoked"]
        assert status_of(made[-1]) == 401
    assert reuse_of(made[which]) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("retries", [[1, 1, 1], [3, 1, 2], [1, 4, 1, 1]])
def test_the_keys_of_earlier_rotations_are_reuse(retries: list[int]) -> None:
    key = operations.issue(make_user()).key
    made: list[str] = []
    for number in retries:
        made += [rotated(key) for _ in range(number)]
        previous, key = key, made[-1]
    assert [status_of(one) for one in (previous, key)] == [200, 200]
    for earlier in {*made} - {previous, key}:
        assert reuse_of(earlier) == ["reused"]


@pytest.mark.django_db(transaction=True)
def test_the_first_key_is_forgotten_at_the_second_rotation() -> None:
    token = operations.issue(make_user())
    child = rotated(rotated(token))
    with override_settings(DRF_TOKEN_AUTH={"REVOKE_ON_REUSE": True}):
        assert reuse_of(token.key) == []
    assert status_of(child) == 200


@pytest.mark.django_db(transaction=True)
def test_a_replaced_key_of_a_rotation_without_a_request_is_reuse_too() -> None:
    token = operations.issue(make_user())
    users_key = operations.rotate(row(token)).key
    thiefs_key = rotated(token)
    assert reuse_of(users_key) == ["reused"]
    assert status_of(thiefs_key) == 200


@pytest.mark.django_db(transaction=True)
def test_the_keys_of_another_token_are_no_reuse() -> None:
    token, other = (operations.issue(make_user(name)) for name in ("ada", "bob"))
    rotated(token)
    gone = rotated(other)
    operations.revoke(row(other), reason="logout")
    assert reuse_of(gone) == []
    assert reuse_of(Token.generate_key()) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", [0, 1])
def test_tokens_that_have_one_family_by_chance_work(first: int) -> None:
    tokens = [operations.issue(make_user(name)) for name in ("ada", "bob")]
    previous = [rotated(token) for token in tokens]
    newest = [rotated(key) for key in previous]
    Token.objects.update(key_family=row(tokens[first]).key_family)
    assert status_of(previous[first]) == 200
    assert status_of(newest[first]) == 200


@pytest.mark.django_db(transaction=True)
def test_an_invented_key_without_the_right_checksum_is_no_reuse() -> None:
    replaced, _ = [rotated(key) for key in [operations.issue(make_user())] * 2]
    assert reuse_of(replaced[:-1] + ("a" if replaced[-1] != "a" else "b")) == []
    assert reuse_of(replaced[len("dta_") + 1 :]) == []
    assert reuse_of(replaced) == ["reused"]


@pytest.mark.django_db(transaction=True)
def test_a_project_that_makes_keys_of_another_shape_can_rotate(monkeypatch: Any) -> None:
    token = operations.issue(make_user())
    first = rotated(token)
    monkeypatch.setattr(Token, "generate_key", staticmethod(lambda: keys.generate("")[:32]))
    second, third = rotated(first), rotated(first)
    assert [status_of(one) for one in (token, first, second, third)] == [401, 200, 401, 200]
    assert row(token).key_family is None


@pytest.mark.django_db(transaction=True)
def test_from_key_reports_reuse_and_returns_none(reused: Any) -> None:
    """The event is the same as in a request."""
    with listening() as heard:
        assert Token.objects.from_key(reused.key) is None
    assert [one.what for one in heard] == ["reused"]


@pytest.mark.django_db(transaction=True)
@both
def test_a_rotation_sends_one_signal(atomic: bool) -> None:
    user = make_user()
    token = operations.issue(user)
    with atomic_requests(atomic), listening() as heard:
        rotated(token)
        rotated(token)
    assert [(one.what, one.token.pk, one.actor) for one in heard] == [
        ("rotated", token.pk, user),
        ("rotated", token.pk, user),
    ]
    assert all(one.request.path == "/auth/token/rotate/" for one in heard)


@pytest.mark.django_db(transaction=True)
def test_the_previous_key_of_an_expired_token_does_not_reveal_the_expiry() -> None:
    now = timezone.now()
    with at(now):
        token = operations.issue(make_user(), ttl=MINUTE)
        operations.rotate(token)
    with at(now + 2 * MINUTE):
        assert client_of(token).get("/echo/").data["detail"].code == "invalid_token"
