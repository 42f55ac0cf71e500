"""Add a pepper, change to the next one, retire a pepper, or remove one too early."""

from __future__ import annotations

import hashlib
import itertools
import logging
import os
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from drf_token_auth import get_token_model, keys, operations
from drf_token_auth.conf import get_settings, problems
from drf_token_auth.keys import peppers
from tests.conftest import make_user
from tests.lives import atomic_requests, client_of, row, status_of
from tests.queries import queries

Token = get_token_model()
ONE, TWO, THREE = ("first" * 8, "second" * 8, "third" * 8)
both = pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "ATOMIC_REQUESTS"])

# A key is rehashed after the commit, so these tests need real commits.
pytestmark = pytest.mark.django_db(transaction=True)


def under(peppers: Any, **conf: Any) -> Any:
    """Set these peppers. The highest is in use, unless ``conf`` has another ``PEPPER``."""
    used = max(peppers) if peppers and isinstance(peppers, dict) else None
    return override_settings(DRF_TOKEN_AUTH={"PEPPERS": peppers, "PEPPER": used, **conf})


def known(*ids: int, used: int | None) -> Any:
    secrets = {1: ONE, 2: TWO, 3: THREE}
    return under({id_: secrets[id_] for id_ in ids}, PEPPER=used)


def version(token: Any) -> int:
    return int(bytes(row(token).digest)[0])


def counts() -> dict[int, int]:
    return peppers.count_by_version(Token, using="default")


@pytest.fixture
def user() -> Any:
    return make_user()


@pytest.mark.parametrize(
    ("configured", "used"),
    [({}, 0), ({1: ONE}, 0), ({1: ONE}, 1), ({1: ONE, 2: TWO}, 1), ({127: ONE, 5: TWO}, 127)],
)
def test_new_keys_are_hashed_under_the_pepper_in_use(
    user: Any, configured: dict[int, str], used: int
) -> None:
    with under(configured, PEPPER=used or None):
        tokens = [operations.issue(user), Token.objects.create(user=user, key="abcd1234")]
        tokens.extend(Token.objects.bulk_create([Token(user=user)]))
        assert [version(token) for token in tokens] == [used] * 3
        assert [status_of(token) for token in tokens] == [200] * 3
        assert counts() == {used: 3}


def test_the_digest_is_an_hmac_of_the_key(user: Any) -> None:
    with under({7: ONE}):
        token = operations.issue(user)
    assert bytes(row(token).digest) == keys.digest(token.key, 7, ONE.encode())
    assert bytes(row(token).digest) != keys.digest(token.key, 7, TWO.encode())


@both
@pytest.mark.parametrize(
    ("before", "after", "new"),
    [
        ({}, {1: ONE}, 1),
        ({1: ONE}, {1: ONE, 2: TWO}, 2),
        ({1: ONE}, {1: ONE, 2: TWO, 3: THREE}, 3),
        ({}, {1: ONE, 2: TWO}, 2),
        # A pepper with a lower number is added. The pepper in use stays the same.
        ({2: TWO}, {2: TWO, 1: ONE}, 2),
    ],
)
def test_a_use_hashes_again(
    user: Any, atomic: bool, before: dict[int, str], after: dict[int, str], new: int
) -> None:
    with under(before):
        token, unused = operations.issue(user), operations.issue(user)
        old = version(token)
    with under(after), atomic_requests(atomic):
        assert status_of(token) == 200
        assert (version(token), version(unused)) == (new, old)
        with queries() as asked:
            assert status_of(token) == 200
        assert len(asked) == 1


@pytest.mark.parametrize(
    "steps",
    [
        # Add the pepper to PEPPERS. Then use it for new keys.
        [known(used=None), known(1, used=None), known(1, used=1)],
        # Add the next pepper. Then use it for new keys.
        [known(1, used=1), known(1, 2, used=1), known(1, 2, used=2)],
        # Stop using the pepper for new keys. It stays in PEPPERS until no row needs it.
        [known(1, used=1), known(1, used=None)],
    ],
    ids=["first", "next", "leave"],
)
def test_old_and_new_servers_accept_each_others_keys(user: Any, steps: list[Any]) -> None:
    """At each step of a roll-out, some servers have the new settings and some have the old ones."""
    for old, new in itertools.pairwise(steps):
        for first, second in [(old, new), (new, old)]:
            with first:
                token = operations.issue(user)
                assert status_of(token) == 200
            with second:
                assert status_of(token) == 200
            with first:
                assert status_of(token) == 200


def test_the_next_use_replaces_an_old_pepper(user: Any) -> None:
    with known(1, used=1):
        token = operations.issue(user)
    with known(1, used=None):
        assert status_of(token) == 200
        assert counts() == {0: 1}
    assert status_of(token) == 200


def test_a_key_is_rehashed_before_the_interval_ends(user: Any) -> None:
    """The key is rehashed even if the last use was just written, or is not recorded."""
    token = operations.issue(user)
    assert status_of(token) == 200
    with under({1: ONE}):
        assert status_of(token) == 200
    assert version(token) == 1
    with under({1: ONE, 2: TWO}, LAST_USED_INTERVAL=None):
        assert status_of(token) == 200
    assert version(token) == 2


def test_a_pepper_is_retired(user: Any) -> None:
    """Follow the documentation: use the next pepper, wait, and remove the old one."""
    with under({1: ONE}):
        tokens = [operations.issue(user) for _ in range(3)]
    with under({1: ONE, 2: TWO}):
        assert counts() == {1: 3}
        for left, token in zip((2, 1, 0), tokens, strict=True):
            assert status_of(token) == 200
            assert counts().get(1, 0) == left
    with under({2: TWO}):
        assert [status_of(token) for token in tokens] == [200] * 3


@pytest.mark.parametrize("shape", ["own", "foreign"])
def test_a_lookup_is_one_query_with_any_number_of_peppers(user: Any, shape: str) -> None:
    token = Token(user=user)
    token.key = Token.generate_key() if shape == "own" else "abcd1234"
    token.save()
    with under({number: f"{number:03}" * 16 for number in range(1, 128)}):
        assert status_of(token) == 200
        with queries() as asked:
            assert status_of(token) == 200
    assert len(asked) == 1


def test_a_pepper_that_is_removed_too_early_is_logged_as_an_error(
    user: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with under({3: THREE}):
        lost = operations.issue(user)
    kept = operations.issue(user)
    with under({2: TWO}):
        caplog.clear()
        response = client_of(lost).get("/echo/")
        assert response.status_code == 401
        assert response.data["detail"].code == "invalid_token"
        assert status_of(kept) == 200
        (line,) = [r for r in caplog.records if r.name == "drf_token_auth" and r.levelno > 20]
        assert line.levelno == logging.ERROR
        assert "pepper 3" in line.getMessage()
        assert "not in PEPPERS" in line.getMessage()
        for secret in (ONE, TWO, THREE, lost.key, bytes(lost.digest).hex()):
            assert secret not in caplog.text
    with under({2: TWO, 3: THREE}):
        assert status_of(lost) == 200


def test_missing_peppers_are_searched_for_only_at_the_first_unknown_key(
    user: Any, caplog: pytest.LogCaptureFixture
) -> None:
    operations.issue(user)
    with under({2: TWO}):
        unknown = Token.generate_key()
        status_of(unknown)
        with queries() as asked:
            assert status_of(Token.generate_key()) == 401
        # The lookup, and the second query on the primary.
        assert len(asked) == 2
    assert "not in PEPPERS" not in caplog.text


def test_removing_an_unneeded_pepper_logs_nothing(
    user: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with under({1: ONE, 2: TWO}):
        operations.issue(user)
    with under({2: TWO}):
        assert status_of(Token.generate_key()) == 401
    assert "PEPPERS" not in caplog.text


def test_a_row_from_knox_keeps_its_digest(user: Any) -> None:
    """A second import must find the row by this digest."""
    known = "a" * 64
    token = operations.issue(user)
    digest = keys.knox_digest(hashlib.sha512(known.encode()).hexdigest())
    Token.objects.update(digest=digest)
    with under({1: ONE}):
        assert status_of(known) == 200
        assert version(token) == 255
        assert counts() == {255: 1}


# Peppers and rotation


def test_rotation_hashes_the_new_key_under_the_new_pepper(user: Any) -> None:
    with under({1: ONE}):
        token = operations.issue(user)
    with under({1: ONE, 2: TWO}):
        response = client_of(token).post("/auth/token/rotate/")
        assert response.status_code == 200
        assert version(token) == 2
        assert status_of(token) == 200
        assert status_of(response.data["token"]) == 200


def test_a_previous_key_works_within_its_grace_after_a_change_of_the_pepper(user: Any) -> None:
    with under({1: ONE}):
        token = operations.issue(user)
        new = operations.rotate(token)
    with under({1: ONE, 2: TWO}):
        assert status_of(token) == 200
        assert version(token) == 1  # a request with the previous key cannot hash the new one
        assert status_of(new) == 200
        assert version(token) == 2
        assert status_of(token) == 200


def test_a_token_that_was_hashed_again_meanwhile_can_be_rotated(user: Any) -> None:
    """A client sends two requests right after a pepper was added. While one of them waits to rotate
    the key, the other one rehashes it."""
    token = operations.issue(user)
    with under({1: ONE}):
        presented = Token.objects.from_key(token.key)
        assert presented is not None
        assert status_of(token) == 200
        assert version(token) == 1
        new = operations.rotate(presented)
        assert status_of(new) == 200


# Wrong settings


@pytest.mark.parametrize(
    "wrong",
    [
        {0: ONE},
        {128: ONE},
        {-1: ONE},
        {255: ONE},
        {"1": ONE},
        {True: ONE},
        {1.0: ONE},
        {1: "short"},
        {1: "x" * 31},
        {1: b"x" * 40},
        {1: None},
        {1: ONE, 2: ""},
        {1: os.fsdecode(b"\xff\xfe" * 20)},
        {1: ONE + "\udfff"},
        [ONE],
        ONE,
        None,
    ],
    ids=repr,
)
def test_a_misconfigured_pepper_is_a_check_error(wrong: Any) -> None:
    with override_settings(DRF_TOKEN_AUTH={"PEPPERS": wrong}):
        (problem,) = problems()
        assert problem.id == "E003"
        assert "PEPPERS" in problem.message
        found = [one for one in run_checks() if one.id == "drf_token_auth.E003"]
        assert len(found) == 1
        for text in (str(found[0]), problem.message, problem.hint):
            assert ONE not in text
            assert "short" not in text


@pytest.mark.parametrize("fine", [{1: "x" * 32}, {127: "ключ" * 8}, {1: ONE, 2: TWO}, {}])
def test_a_good_pepper_is_accepted(user: Any, fine: dict[int, str]) -> None:
    with under(fine):
        assert list(problems()) == []
        assert status_of(operations.issue(user)) == 200
        for secret in fine.values():
            assert secret not in repr(get_settings())


def test_a_pepper_equal_to_secret_key_gives_a_warning(settings: Any) -> None:
    settings.SECRET_KEY = "s" * 50
    with under({1: "s" * 50}):
        assert "drf_token_auth.W005" in [one.id for one in run_checks()]
    with under({1: ONE}):
        assert "drf_token_auth.W005" not in [one.id for one in run_checks()]
