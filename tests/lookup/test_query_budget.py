"""A request with a token needs one SELECT, with any number of tokens in the table.

A refusal writes nothing.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, keys
from drf_token_auth.authentication import BearerTokenAuthentication, ExpiringTokenAuthentication
from tests.conftest import make_user
from tests.lives import atomic_requests
from tests.queries import queries, writes

Token = get_token_model()
MINUTE = timedelta(minutes=1)


def ask(key: str, word: str = "Token", method: str = "get", path: str = "/echo/") -> Any:
    """Return the response, and the statements that it needed."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"{word} {key}")
    with queries() as asked:
        answer = getattr(client, method)(path)
    return answer, asked


def used(user: Any) -> Any:
    """Return a token that was used a moment ago, so that its next use writes nothing."""
    return Token.objects.create(user=user, last_used_at=timezone.now())


def everything() -> list[dict[str, Any]]:
    return list(Token.objects.order_by("pk").values())


class TestAnyNumberOfTokens:
    """These tests commit, so they also see what a request writes after its commit."""

    pytestmark = pytest.mark.django_db(transaction=True)

    @pytest.mark.parametrize(
        ("living", "expired", "of_others"),
        [(0, 0, 0), (49, 50, 0), (4_999, 50, 0), (0, 0, 500)],
    )
    def test_a_request_needs_one_query_and_no_write(
        self, living: int, expired: int, of_others: int
    ) -> None:
        user = make_user()
        other = make_user("bob")
        now = timezone.now()
        Token.objects.bulk_create(
            [
                *(Token(user=user) for _ in range(living)),
                *(Token(user=user, expires_at=now - MINUTE * n) for n in range(expired)),
                *(Token(user=other) for _ in range(of_others)),
            ],
            batch_size=500,
        )
        token = used(user)
        before = everything()
        for atomic, method in product([False, True], ["get", "post"]):
            with atomic_requests(atomic):
                answer, asked = ask(token.key, method=method)
            assert answer.status_code == 200
            assert len(asked) == 1, asked
            assert asked[0].lstrip("( ").upper().startswith("SELECT")
            assert everything() == before

    def test_only_the_first_use_is_written(self) -> None:
        token = Token.objects.create(user=make_user())
        _, asked = ask(token.key)
        assert asked[0].startswith("SELECT")
        assert len(writes(asked)) == 1
        _, asked = ask(token.key)
        assert len(asked) == 1

    @pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "ATOMIC_REQUESTS"])
    def test_an_expired_token_is_one_query_and_deletes_nothing(self, atomic: bool) -> None:
        user = make_user()
        now = timezone.now()
        Token.objects.bulk_create(
            [Token(user=user, expires_at=now - MINUTE * n) for n in range(50)]
        )
        token = Token.objects.create(user=user, expires_at=now - MINUTE)
        before = everything()
        with atomic_requests(atomic):
            answer, asked = ask(token.key)
        assert answer.status_code == 401
        assert len(asked) == 1, asked
        assert everything() == before

    @pytest.mark.parametrize("what", ["inactive", "of a changed password"])
    def test_refusing_an_inactive_user_or_an_old_password_is_one_query(self, what: str) -> None:
        user = make_user()
        key = used(user).key
        if what == "inactive":
            get_user_model().objects.update(is_active=False)
        else:
            user.set_password("another long password")
            get_user_model().objects.update(password=user.password)
        before = everything()
        answer, asked = ask(key)
        assert answer.status_code == 401
        assert len(asked) == 1, asked
        assert everything() == before

    def test_an_unknown_key_needs_a_second_query(self) -> None:
        """The second query asks the primary database. It also finds replaced keys."""
        # At the first unknown key in a process, the lookup also searches for missing peppers.
        ask(keys.generate("dta_"))
        answer, asked = ask(keys.generate("dta_"))
        assert answer.status_code == 401
        assert [one.split()[0] for one in asked] == ["SELECT", "SELECT"]


@pytest.mark.django_db
class TestNoQueryAtAll:
    @pytest.mark.parametrize("word", ["Token", "Bearer"])
    @pytest.mark.parametrize(
        "key",
        [
            "dta_" + "a" * 36,
            "dta_" + "0" * 36,
            "",
            "two parts",
            "a" * 256,
            "a" * 8_192,
            "a" * 2**20,
            "\x00",
            "a\x00b",
            "\xff\xfe",
            "\xe9",
            "😀",
            "\xf0\x9f\x98\x80",
        ],
        ids=lambda key: ascii(key[:12]) + (f"… {len(key)}" if len(key) > 12 else ""),
    )
    def test_an_impossible_key_needs_no_query(self, key: str, word: str) -> None:
        answer, asked = ask(key, word)
        assert answer.status_code == 401
        assert asked == []

    def test_a_wrong_checksum_needs_no_query(self, user: Any) -> None:
        key = Token.objects.create(user=user).key
        for place in range(4, 40):
            wrong = "a" if key[place] != "a" else "b"
            answer, asked = ask(key[:place] + wrong + key[place + 1 :])
            assert (answer.status_code, asked) == (401, [])

    @pytest.mark.parametrize("header", [None, "", "Basic YTpi", "Negotiate abc", "Token"])
    def test_a_request_without_a_key_needs_no_query(self, header: str | None) -> None:
        client = APIClient()
        if header is not None:
            client.credentials(HTTP_AUTHORIZATION=header)
        with queries() as asked:
            assert client.get("/echo/").status_code == 401
        assert asked == []


@pytest.mark.django_db
class TestEachWayIn:
    @pytest.mark.parametrize("cls", [ExpiringTokenAuthentication, BearerTokenAuthentication])
    def test_authenticate_credentials_is_one_query(self, user: Any, cls: Any) -> None:
        token = used(user)
        with queries() as asked:
            found, auth = cls().authenticate_credentials(token.key)
            # These columns are already loaded, so reading them needs no query.
            assert (found.get_username(), found.is_active) == (user.get_username(), True)
            assert auth.user is found
            assert (auth.expires_at, auth.name, auth.kind) == (token.expires_at, "", "login")
        assert len(asked) == 1, asked

    def test_from_key_is_one_query(self, user: Any) -> None:
        token = used(user)
        with queries() as asked:
            found = Token.objects.from_key(token.key)
            assert found.user == user
        assert len(asked) == 1, asked
        with queries() as asked:
            assert Token.objects.from_key("dta_" + "a" * 36) is None
        assert asked == []

    def test_showing_the_token_is_one_query(self, user: Any) -> None:
        answer, asked = ask(used(user).key, path="/auth/token/")
        assert answer.status_code == 200
        assert len(asked) == 1, asked

    def test_a_key_of_another_shape_is_one_query(self, user: Any) -> None:
        Token.objects.create(user=user, key="abcd1234", last_used_at=timezone.now())
        answer, asked = ask("abcd1234")
        assert answer.status_code == 200
        assert len(asked) == 1, asked

    def test_a_lookup_with_two_peppers_is_one_query(self, user: Any, settings: Any) -> None:
        settings.DRF_TOKEN_AUTH = {"PEPPERS": {1: "p" * 50, 2: "q" * 50}, "PEPPER": 2}
        answer, asked = ask(used(user).key)
        assert answer.status_code == 200
        assert len(asked) == 1, asked
