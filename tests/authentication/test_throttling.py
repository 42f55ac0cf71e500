"""Limits on guessing: logins by address and by account, refused keys by address."""

from __future__ import annotations

import json
import unicodedata
from datetime import datetime, timedelta, timezone
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.test import override_settings
from rest_framework.exceptions import PermissionDenied
from rest_framework.settings import api_settings
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle

from drf_token_auth import get_token_model, operations
from drf_token_auth.conf import get_settings
from drf_token_auth.logins import network
from drf_token_auth.logins.account_name import account_name
from drf_token_auth.views import LoginView, LogoutAllView
from tests.conftest import PASSWORD
from tests.lives import MINUTE_BEGINS, at, client_of, log_in, status_of
from tests.queries import queries

Token = get_token_model()


def rates(**rates: str | None) -> Any:
    off = {"address": None, "account": None}
    return override_settings(DRF_TOKEN_AUTH={"LOGIN_RATES": {**off, **rates}})


def guess(name: Any, password: str = "wrong", address: str = "192.0.2.1", **extra: str) -> Any:
    return APIClient(REMOTE_ADDR=address, **extra).post(
        "/auth/login/", {"username": name, "password": password}, format="json"
    )


def statuses(times: int, *args: Any, **kwargs: Any) -> list[int]:
    return [guess(*args, **kwargs).status_code for _ in range(times)]


# Logins


def test_the_address_limit_counts_all_accounts(user: Any) -> None:
    with rates(address="3/min"), at(MINUTE_BEGINS):
        assert [guess(f"name{i}").status_code for i in range(5)] == [400, 400, 400, 429, 429]
        assert guess(user.get_username(), PASSWORD).status_code == 429
        assert guess(user.get_username(), PASSWORD, address="192.0.2.2").status_code == 200


def test_the_account_limit_counts_all_addresses(user: Any, other_user: Any) -> None:
    with rates(account="3/min"), at(MINUTE_BEGINS):
        found = [guess(user.get_username(), address=f"192.0.2.{i}") for i in range(5)]
        assert [one.status_code for one in found] == [400, 400, 400, 429, 429]
        assert guess(user.get_username(), PASSWORD, address="192.0.2.9").status_code == 429
        assert guess(other_user.get_username(), PASSWORD).status_code == 200


def test_an_unknown_account_is_counted_too(db: None) -> None:
    with rates(account="3/min"), at(MINUTE_BEGINS):
        assert statuses(4, "nobody@example.com") == [400, 400, 400, 429]


def test_logins_are_throttled_by_default(user: Any) -> None:
    with at(MINUTE_BEGINS):
        assert statuses(11, user.get_username()) == [400] * 10 + [429]
        others = [guess(f"name{i}").status_code for i in range(11)]
        assert others == [400] * 9 + [429] * 2


@pytest.mark.parametrize("login_rates", [None, {"address": None, "account": None}])
def test_none_switches_the_login_rates_off(user: Any, login_rates: Any) -> None:
    with override_settings(DRF_TOKEN_AUTH={"LOGIN_RATES": login_rates}), at(MINUTE_BEGINS):
        assert set(statuses(40, user.get_username())) == {400}


def test_one_rate_can_be_changed_alone() -> None:
    with override_settings(DRF_TOKEN_AUTH={"LOGIN_RATES": {"address": "1/day"}}):
        assert get_settings().LOGIN_RATES == {"address": "1/day", "account": "10/min"}


@pytest.mark.parametrize(
    ("rate", "seconds"), [("2/s", 1), ("2/min", 60), ("2/hour", 3600), ("2/day", 86_400)]
)
def test_a_refusal_lasts_until_the_window_ends(db: None, rate: str, seconds: int) -> None:
    start = datetime(2030, 1, 1, tzinfo=timezone.utc)
    with rates(address=rate):
        with at(start):
            assert statuses(3, "a") == [400, 400, 429]
        with at(start + timedelta(seconds=seconds - 0.25)):
            response = guess("a")
            assert response.status_code == 429
            assert response["Retry-After"] == "1"
        with at(start + timedelta(seconds=seconds)):
            assert statuses(3, "a") == [400, 400, 429]


def test_a_refusal_says_how_long_to_wait(db: None) -> None:
    with rates(address="1/min"), at(MINUTE_BEGINS + timedelta(seconds=20)):
        guess("a")
        response = guess("a")
    assert response.status_code == 429
    assert response["Retry-After"] == "40"
    assert response.data["detail"].code == "throttled"


def test_a_login_that_succeeds_counts_too(user: Any) -> None:
    """Otherwise, an attacker could reset the count with a login to their own account."""
    with rates(account="2/min"), at(MINUTE_BEGINS):
        assert statuses(3, user.get_username(), PASSWORD) == [200, 200, 429]


@pytest.mark.parametrize(
    "spellings",
    [
        ["ada@example.com", "ADA@example.com", " ada@example.com ", "Ada@Example.COM"],
        ["adá@example.com", "ADÁ@example.com", "ada\u0301@example.com", "AdÁ@example.com"],
        [123456, "123456", " 123456", 123456],
        ["straße", "STRASSE", "strasse", "Straße"],
    ],
)
def test_another_spelling_is_the_same_account(db: None, spellings: list[Any]) -> None:
    with rates(account="3/min"), at(MINUTE_BEGINS):
        found = [guess(name).status_code for name in spellings]
    assert found[-1] == 429


@pytest.mark.parametrize("field", ["username", "USERNAME_FIELD"])
def test_both_field_names_count_for_the_account(user: Any, field: str) -> None:
    name = type(user).USERNAME_FIELD if field == "USERNAME_FIELD" else field
    with rates(account="2/min"), at(MINUTE_BEGINS):
        for expected in (400, 400, 429):
            response = APIClient().post(
                "/auth/login/", {name: user.get_username(), "password": "x"}, format="json"
            )
            assert response.status_code == expected
        assert guess(user.get_username()).status_code == 429


@pytest.mark.parametrize(
    "body", ["", "[]", "5", '"x"', "null", '{"username": []}', '{"username": {"a": 1}}']
)
def test_a_body_without_an_account_counts_for_the_address_alone(db: None, body: str) -> None:
    with rates(account="1/min", address="5/min"), at(MINUTE_BEGINS):
        for expected in [400] * 5 + [429]:
            response = APIClient().post("/auth/login/", body, content_type="application/json")
            assert response.status_code == expected


def test_a_body_that_cannot_be_read_counts_for_the_address_alone(db: None) -> None:
    """Such a request tries no password, so it counts for no account."""
    with rates(account="1/min", address="5/min"), at(MINUTE_BEGINS):
        for expected in [400] * 5 + [429]:
            response = APIClient().post("/auth/login/", "{", content_type="application/json")
            assert response.status_code == expected


class DailyThrottle(SimpleRateThrottle):
    rate = "2/day"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return f"daily:{self.get_ident(request)}"


def test_the_throttles_of_the_project_are_kept(user: Any) -> None:
    class OwnLogin(LoginView):
        throttle_classes = [DailyThrottle]

    def status(address: str) -> int:
        credentials = {"username": user.get_username(), "password": "x"}
        request = APIRequestFactory().post("/", credentials, REMOTE_ADDR=address)
        return int(OwnLogin.as_view()(request).status_code)

    with rates(address="9/min", account="3/min"), at(MINUTE_BEGINS):
        # The project's own throttle refuses the third login from the first address. Our throttle
        # then refuses the same account from another address.
        assert [status("192.0.2.1") for _ in range(3)] == [400, 400, 429]
        assert [status("192.0.2.2") for _ in range(2)] == [429, 429]


# Behind proxies


@pytest.mark.parametrize(
    ("proxies", "headers", "told_apart"),
    [
        # Without a proxy, the client can invent this header.
        (0, ["203.0.113.1", "203.0.113.2"], False),
        (1, ["203.0.113.1", "203.0.113.2"], True),
        (1, ["6.6.6.6, 203.0.113.1", "7.7.7.7, 203.0.113.1"], False),
        (2, ["203.0.113.1, 10.0.0.1", "203.0.113.2, 10.0.0.1"], True),
        (2, ["6.6.6.6, 203.0.113.1, 10.0.0.1", "203.0.113.1, 10.0.0.1"], False),
    ],
)
def test_num_proxies_says_which_address_is_the_clients(
    db: None,
    monkeypatch: pytest.MonkeyPatch,
    proxies: int,
    headers: list[str],
    told_apart: bool,
) -> None:
    monkeypatch.setattr(api_settings, "NUM_PROXIES", proxies)
    failed = {"LOGIN_RATES": {"address": "1/min", "account": None}, "FAILED_KEY_RATE": "1/min"}
    with override_settings(DRF_TOKEN_AUTH=failed), at(MINUTE_BEGINS):
        first, second = (guess("a", HTTP_X_FORWARDED_FOR=one).status_code for one in headers)
        assert (first, second) == (400, 400 if told_apart else 429)
        first, second = (
            client_of("x", HTTP_X_FORWARDED_FOR=one).get("/echo/").status_code for one in headers
        )
        assert (first, second) == (401, 401 if told_apart else 429)


# Refused keys


def failed(rate: str | None) -> Any:
    return override_settings(DRF_TOKEN_AUTH={"FAILED_KEY_RATE": rate})


@pytest.mark.parametrize(
    "key", ["x", "dta_" + "x" * 36, Token.generate_key(), "", "a b"], ids=range(5)
)
def test_refused_keys_by_address(user: Any, key: str) -> None:
    with failed("3/min"), at(MINUTE_BEGINS + timedelta(seconds=10)):
        client = APIClient(HTTP_AUTHORIZATION=f"Token {key}", REMOTE_ADDR="192.0.2.1")
        found = [client.get("/echo/") for _ in range(5)]
        assert [one.status_code for one in found] == [401, 401, 401, 429, 429]
        assert found[-1]["Retry-After"] == "50"
        assert "WWW-Authenticate" not in found[-1]
        elsewhere = APIClient(HTTP_AUTHORIZATION=f"Token {key}", REMOTE_ADDR="192.0.2.2")
        assert elsewhere.get("/echo/").status_code == 401
    with failed("3/min"), at(MINUTE_BEGINS + timedelta(seconds=60)):
        assert client.get("/echo/").status_code == 401


def test_keys_that_work_are_not_counted(user: Any) -> None:
    with failed("2/min"), at(MINUTE_BEGINS):
        token = operations.issue(user)
        assert {status_of(token) for _ in range(10)} == {200}
        assert {APIClient().get("/echo/").status_code for _ in range(10)} == {401}
        assert {status_of("x") for _ in range(2)} == {401}
        assert status_of("x") == 429


def test_expired_and_revoked_keys_are_counted(user: Any) -> None:
    expired = operations.issue(user, ttl=timedelta(0))
    revoked = operations.issue(user)
    operations.revoke(revoked, reason="admin")
    with failed("2/min"), at(datetime(2040, 1, 1, tzinfo=timezone.utc)):
        assert [status_of(key) for key in (expired, revoked, expired)] == [401, 401, 429]


def test_refused_keys_are_not_throttled_by_default(db: None) -> None:
    assert {status_of("x") for _ in range(50)} == {401}


def test_a_refusal_over_the_rate_costs_no_query(user: Any) -> None:
    with failed("1/min"), at(MINUTE_BEGINS):
        status_of(Token.generate_key())
        with queries() as asked:
            assert status_of(Token.generate_key()) == 429
        assert asked == []


def test_refused_keys_do_not_stop_a_login(user: Any) -> None:
    with failed("1/min"), at(MINUTE_BEGINS):
        assert [status_of("x"), status_of("x")] == [401, 429]
        assert log_in(user, client_of("x")).status_code == 200


# The contents of the cache


def test_the_cache_holds_no_key_no_account_and_no_address(user: Any) -> None:
    key = Token.generate_key()
    with failed("5/min"):
        log_in(user, APIClient(REMOTE_ADDR="192.0.2.77"))
        client_of(key, REMOTE_ADDR="192.0.2.77").get("/echo/")
        token = log_in(user).data["token"]
        status_of(token)
        APIClient().post("/auth/revoke/", {"token": key})
    held = json.dumps({name: repr(value) for name, value in cache._cache.items()})
    assert held.count("drf_token_auth:") >= 4
    for secret in (key, key[4:], token, user.get_username(), "192.0.2.77", PASSWORD):
        assert secret not in held


# One count for each client


@pytest.mark.parametrize(
    ("addresses", "is_one"),
    [
        (["203.0.113.9:50000", "203.0.113.9:50001", "203.0.113.9"], True),
        (["[2001:db8::9]:50000", "[2001:db8::9]:50001", "2001:db8::9"], True),
        (["2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:DB8:1:2:0:0:0:3"], True),
        (["::ffff:192.0.2.1", "192.0.2.1", "::FFFF:192.0.2.1"], True),
        (["fe80::1%eth0", "fe80::1%eth1", "fe80::2"], True),
        (["2001:db8:1:2::1", "2001:db8:1:3::1", "2001:db8:2:2::1"], False),
        (["203.0.113.9:50000", "203.0.113.10:50000", "203.0.113.11"], False),
        (["::ffff:192.0.2.1", "::ffff:192.0.2.2", "::ffff:192.0.2.3"], False),
        (["client", "client", " client "], True),
        (["client 1", "client 2", "client 3"], False),
    ],
)
def test_addresses_of_one_client_share_a_count(
    db: None, addresses: list[str], is_one: bool
) -> None:
    with rates(address="1/min"), at(MINUTE_BEGINS):
        found = [guess("a", address=one).status_code for one in addresses]
        assert found == ([400, 429, 429] if is_one else [400, 400, 400])
    with failed("1/min"), at(MINUTE_BEGINS):
        found = [client_of("x", REMOTE_ADDR=one).get("/echo/").status_code for one in addresses]
        assert found == ([401, 429, 429] if is_one else [401, 401, 401])


def test_the_ports_in_a_list_of_addresses_are_not_counted(db: None) -> None:
    """Without ``NUM_PROXIES``, all of ``X-Forwarded-For`` is the client's address."""
    lists = [f"203.0.113.9:{port}, 10.0.0.1:{port}" for port in (5000, 5001, 5002)]
    with rates(address="1/min"), at(MINUTE_BEGINS):
        found = [guess("a", HTTP_X_FORWARDED_FOR=one).status_code for one in lists]
        assert found == [400, 429, 429]
        assert guess("a", HTTP_X_FORWARDED_FOR="203.0.113.8:5000, 10.0.0.1").status_code == 400


@pytest.mark.parametrize("address", ["", "  ", "unix:", ", ", "[]", "[]:80", ":80"])
def test_a_client_without_an_address_is_not_counted(db: None, address: str) -> None:
    """Behind a Unix socket there is no address, and all clients would share one count."""
    with rates(address="1/min"), at(MINUTE_BEGINS):
        assert statuses(3, "a", address=address) == [400, 400, 400]


@pytest.mark.parametrize("path", ["/auth/login/", "/auth/revoke/"])
def test_only_a_post_is_counted(db: None, path: str) -> None:
    with rates(address="1/min", account="1/min"), at(MINUTE_BEGINS):
        client = APIClient()
        for method in ("get", "options", "head", "put", "delete"):
            expected = 200 if method == "options" else 405
            assert getattr(client, method)(path).status_code == expected
        counted = client.post(path, {"username": "a", "token": "x"})
        assert counted.status_code == (400 if path == "/auth/login/" else 200)
        assert client.post(path, {"username": "a", "token": "x"}).status_code == 429


def test_a_refused_address_is_refused_before_its_body_is_read(user: Any) -> None:
    with rates(address="1/min", account="1/min"), at(MINUTE_BEGINS):
        guess("another user")
        with queries() as asked:
            response = APIClient(REMOTE_ADDR="192.0.2.1").post(
                "/auth/login/", "{", content_type="application/json"
            )
        assert (response.status_code, asked) == (429, [])
        # A refused request does not count for the account, so the user can log in from elsewhere.
        assert guess(user.get_username(), PASSWORD).status_code == 429
        elsewhere = guess(user.get_username(), PASSWORD, address="192.0.2.2")
        assert elsewhere.status_code == 200


def test_all_spellings_of_one_account_share_a_count(user: Any) -> None:
    """The database decides which names are equal. MariaDB's collation ignores case and accents."""
    name = user.get_username()
    spellings = [
        *(name, name.upper(), name.replace("a", "á"), name.replace("a", "\uff41")),
        *(name[:1] + ignored + name[1:] for ignored in ("\u00ad", "\u200b", "\x01")),
    ]
    manager = type(user)._default_manager
    with rates(account="1/min"), at(MINUTE_BEGINS):
        assert guess(name).status_code == 400
        for one in spellings:
            normal = unicodedata.normalize("NFKC", one)
            same = manager.filter(**{type(user).USERNAME_FIELD: normal}).exists()
            same = same or normal.casefold() == name.casefold()
            assert guess(one).status_code == (429 if same else 400), ascii(one)


def test_letter_case_does_not_tell_whether_there_is_an_account(user: Any) -> None:
    for name in (user.get_username(), "nobody@example.com"):
        with rates(account="1/min"), at(MINUTE_BEGINS):
            found = [guess(one).status_code for one in (name, name.title())]
        assert found == [400, 429], name


class ByMail(ModelBackend):
    """Find the user by e-mail address, and ignore its letter case, as many projects do."""

    def authenticate(
        self, request: Any, username: Any = None, password: Any = None, **kwargs: Any
    ) -> Any:
        users = get_user_model()._default_manager.filter(email__iexact=username)
        return next((user for user in users if user.check_password(password)), None)


def test_an_email_address_and_the_login_name_share_a_count(user: Any, settings: Any) -> None:
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.ByMail"]
    type(user)._default_manager.filter(pk=user.pk).update(email="ada@mail.example")
    user.refresh_from_db()
    with rates(account="3/min"), at(MINUTE_BEGINS):
        for name in ("ada@mail.example", "ADA@mail.example", user.get_username()):
            assert guess(name).status_code == 400
        assert guess("Ada@Mail.Example", PASSWORD).status_code == 429
        assert guess("eve@mail.example").status_code == 400


def test_a_name_that_the_manager_finds_twice_is_counted_by_text(
    user: Any, other_user: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A manager that ignores the case may find two accounts. The backend decides between them."""
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.ByMail"]
    manager = type(get_user_model()._default_manager)
    monkeypatch.setattr(manager, "get_by_natural_key", lambda self, name: self.get())
    with rates(account="1/day"):
        assert guess(user.email, PASSWORD).status_code == 200
        assert guess(user.email, PASSWORD).status_code == 429


def test_a_user_model_without_an_email_column_is_counted_by_text(
    user: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.ByMail"]
    monkeypatch.setattr(type(user), "EMAIL_FIELD", "no_such_column", raising=False)
    with rates(account="1/min"), at(MINUTE_BEGINS):
        assert statuses(2, "nobody@mail.example") == [400, 429]


def test_an_email_address_is_looked_up_only_for_a_backend_of_the_project(user: Any) -> None:
    with rates(account="3/min"), at(MINUTE_BEGINS), queries() as asked:
        assert guess("nobody@mail.example").status_code == 400
    assert not [sql for sql in asked if "UPPER" in sql or "LIKE" in sql]


@pytest.mark.parametrize("name", ["0", 0, 0.5, False])
def test_an_account_may_be_named_by_a_number(db: None, name: Any) -> None:
    with rates(account="1/min"), at(MINUTE_BEGINS):
        # A boolean is not a name, so there is no account to count.
        expected = [400, 400] if name is False else [400, 429]
        assert statuses(2, name) == expected


def test_a_long_name_is_cut_before_it_is_normalised(db: None) -> None:
    """The time to normalise a name grows with the square of its length."""
    name = "\u0301" * 40_000 + "\u0316" * 40_000
    with rates(account="1/min"), at(MINUTE_BEGINS):
        assert guess(name).status_code == 400
        assert guess(name + "x").status_code == 429
    assert len(account_name({"username": "\ufdfa" * 800_000}) or "") < 10_000


def test_counting_a_login_costs_one_query(user: Any) -> None:
    def asked_with(**limits: Any) -> int:
        with rates(**limits), queries() as asked:
            guess(user.get_username())
        return len(asked)

    assert asked_with(account="9/min") == asked_with() + 1


class PhoneLogin(LoginView):
    def get_account_name(self, request: Any) -> Any:
        return request.data.get("phone")


def test_a_view_may_name_the_account_itself(db: None) -> None:
    def status(phone: str, username: str) -> int:
        request = APIRequestFactory().post("/", {"phone": phone, "username": username})
        return int(PhoneLogin.as_view()(request).status_code)

    with rates(account="1/min"), at(MINUTE_BEGINS):
        assert [status("1", "a"), status("1", "b"), status("2", "c")] == [400, 429, 400]


# A cache that does not answer


class AwayCache(LocMemCache):
    """A cache whose methods raise or return what ``answers`` says."""

    answers: dict[str, Any] = {}

    def _answer(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if name not in self.answers:
            return getattr(super(), name)(*args, **kwargs)
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._answer("add", *args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        return self._answer("incr", *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._answer("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._answer("set", *args, **kwargs)


DOWN = ConnectionError("the cache is down")


def test_a_login_waits_as_often_for_a_hanging_cache_whether_the_account_exists_or_not(
    user: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the time of an answer would tell which accounts exist."""
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.AwayCache"}}
    asked: list[str] = []

    def hang(cache: AwayCache, name: str, *args: Any, **kwargs: Any) -> Any:
        asked.append(name)
        raise DOWN

    monkeypatch.setattr(AwayCache, "_answer", hang)
    counts = []
    for name in (user.get_username(), "nobody"):
        asked.clear()
        assert guess(name).status_code == 400
        counts.append(list(asked))
    assert counts[0] == counts[1] == ["add", "add"]  # the address and the account


@pytest.mark.parametrize(
    "answers",
    [
        dict.fromkeys(["add", "incr", "get", "set"], DOWN),
        dict.fromkeys(["add", "incr", "get", "set"]),
        {"add": False, "incr": DOWN, "get": DOWN},
        {"add": False, "incr": None, "get": None},
        {"add": False, "incr": ValueError("no such key"), "set": DOWN, "get": DOWN},
    ],
    ids=["down", "silent", "down later", "silent later", "evicts and is down"],
)
def test_a_cache_that_is_down_stops_no_login(
    user: Any,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    answers: dict[str, Any],
) -> None:
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.AwayCache"}}
    settings.DRF_TOKEN_AUTH = {"FAILED_KEY_RATE": "1/min"}
    monkeypatch.setattr(AwayCache, "answers", answers)
    for _ in range(3):
        assert guess(user.get_username(), PASSWORD).status_code == 200
        assert APIClient().post("/auth/revoke/", {"token": "x"}).status_code == 200
        assert status_of("x") == 401
    said = [one for one in caplog.records if one.name == "drf_token_auth"]
    assert {one.levelname for one in said if "cache" in one.getMessage()} == {"WARNING"}
    assert "192.0.2.1" not in caplog.text


class UserLimit(SimpleRateThrottle):
    rate = "9/min"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return "user-limit"


class MistakenLimit(UserLimit):
    def get_cache_key(self, request: Any, view: Any) -> str:
        raise ValueError("a mistake in the project's own code")


def test_a_long_list_of_addresses_is_cut(db: None) -> None:
    many = "203.0.113.9, " * 50_000
    with (
        rates(address="1/min"),
        at(MINUTE_BEGINS),
        mock.patch.object(network, "_network", side_effect=network._network) as asked,
    ):
        assert guess("a", HTTP_X_FORWARDED_FOR=many).status_code == 400
    assert asked.call_count < 500


def test_a_throttle_of_the_project_stops_no_login_while_the_cache_is_down(
    user: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.AwayCache"}}
    monkeypatch.setattr(AwayCache, "answers", dict.fromkeys(["add", "incr", "get", "set"], DOWN))
    for view in (LoginView, LogoutAllView):
        monkeypatch.setattr(view, "throttle_classes", [UserLimit])
    response = guess(user.get_username(), PASSWORD)
    assert response.status_code == 200
    assert client_of(response.data["token"]).post("/auth/logout/all/").status_code == 204
    (*_, said) = [one for one in caplog.records if "UserLimit" in one.getMessage()]
    assert said.levelname == "WARNING"


class RefusingLimit(BaseThrottle):
    def allow_request(self, request: Any, view: Any) -> bool:
        raise PermissionDenied


class ClosedLimit(BaseThrottle):
    """A throttle that does not know when it will allow the next request."""

    def allow_request(self, request: Any, view: Any) -> bool:
        return False


def test_a_throttle_of_the_project_may_refuse_by_itself_while_the_cache_is_down(
    user: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.AwayCache"}}
    monkeypatch.setattr(AwayCache, "answers", dict.fromkeys(["add", "incr", "get", "set"], DOWN))
    monkeypatch.setattr(LoginView, "throttle_classes", [RefusingLimit])
    assert guess(user.get_username(), PASSWORD).status_code == 403


def test_a_throttle_that_knows_no_time_promises_none(
    user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LoginView, "throttle_classes", [ClosedLimit])
    response = guess(user.get_username(), PASSWORD)
    assert response.status_code == 429
    assert "second" not in response.data["detail"]


def test_a_mistake_in_a_throttle_of_the_project_is_not_hidden(
    user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LoginView, "throttle_classes", [MistakenLimit])
    with pytest.raises(ValueError, match="a mistake"):
        guess(user.get_username(), PASSWORD)


def test_a_dropped_cache_entry_starts_a_new_count(
    db: None,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.AwayCache"}}
    with rates(address="1/min"), at(MINUTE_BEGINS):
        monkeypatch.setattr(AwayCache, "answers", {"add": False, "incr": ValueError("no such key")})
        assert statuses(3, "a") == [400, 400, 400]
        monkeypatch.setattr(AwayCache, "answers", {})
        assert statuses(1, "a") == [429]
    assert "cache" not in caplog.text


def test_a_cache_that_stores_nothing_is_not_a_cache_that_is_down(
    db: None, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    with rates(address="1/min"):
        assert statuses(3, "a") == [400, 400, 400]
    assert "cache" not in caplog.text
