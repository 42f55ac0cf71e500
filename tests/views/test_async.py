"""Tokens under ASGI, and in code without a request: websockets, tasks, async views."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core.asgi import get_asgi_application
from django.test import AsyncClient, override_settings
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

from drf_token_auth import get_token_model, operations
from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.test import act_as
from tests.conftest import PASSWORD, make_user
from tests.lives import at, atomic_requests, listening, row

Token = get_token_model()
both = pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "ATOMIC_REQUESTS"])

pytestmark = [pytest.mark.urls("tests.life_urls"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def user() -> Any:
    return make_user()


def asgi(method: str, path: str, key: str | None = None, body: bytes = b"") -> int:
    """Return the status of a request through Django's ASGI handler, as a server calls it."""

    async def run() -> int:
        headers = [(b"host", b"testserver"), (b"content-type", b"application/json")]
        if key is not None:
            headers.append((b"authorization", f"Token {key}".encode()))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
            "client": ("192.0.2.5", 5),
        }
        # Do what __call__ does, but in the thread and with the connection of the test.
        app = ApplicationCommunicator(get_asgi_application().handle, scope)
        await app.send_input({"type": "http.request", "body": body, "more_body": False})
        start = await app.receive_output(10)
        while (await app.receive_output(10)).get("more_body"):
            pass
        await app.wait(10)
        return int(start["status"])

    return async_to_sync(run)()


async def from_key(key: str, tokens: Any = Token.objects) -> Any:
    return await tokens.afrom_key(key)


# Operations


def test_the_async_operations_do_the_same_as_the_sync_ones(user: Any) -> None:
    async def live() -> list[Any]:
        token = await operations.aissue(user, name="phone", actor=user)
        assert await Token.objects.afrom_key(token.key) == token
        new = await operations.arotate(token, actor=user)
        assert await Token.objects.afrom_key(new.key) == token
        other = await operations.aissue(user, kind="personal")
        assert await operations.arevoke(other, reason="logout", actor=user) is True
        assert await operations.arevoke(other, reason="logout") is False
        assert await operations.arevoke_all(user, reason="logout_all") == 1
        return [await Token.objects.afrom_key(key) for key in (token.key, new.key, other.key)]

    with listening() as heard:
        assert async_to_sync(live)() == [None, None, None]
    assert [one.what for one in heard] == ["created", "rotated", "created", "revoked", "revoked"]


def test_each_operation_has_an_async_twin(user: Any) -> None:
    # These are no operations of their own: a context manager, and two parts of an operation.
    without = {"DEFAULT", "changing_password", "insert", "keep_through_change"}
    names = {name for name in operations.__all__ if f"a{name}" in operations.__all__}
    assert {*names, *(f"a{name}" for name in names), *without} == set(operations.__all__)
    assert "revoke_all" in names
    operations.issue(user, ttl=timedelta(seconds=-1))
    assert async_to_sync(operations.apurge)() == 1


@pytest.mark.parametrize("key", ["", "x", "dta_" + "x" * 36, "\0", "🔑", "x" * 10_000])
def test_afrom_key_returns_none_for_an_unknown_key(user: Any, key: str) -> None:
    operations.issue(user)
    assert async_to_sync(from_key)(key) is None
    assert async_to_sync(from_key)(Token.generate_key()) is None


def test_afrom_key_loads_the_user(user: Any, django_assert_num_queries: Any) -> None:
    key = operations.issue(user).key
    with django_assert_num_queries(1):
        token = async_to_sync(from_key)(key)
        assert token.user == user


def test_afrom_key_returns_none_for_an_expired_token(user: Any) -> None:
    expired = operations.issue(user, ttl=timedelta(0))
    assert async_to_sync(from_key)(expired.key) is None


def test_afrom_key_searches_only_its_queryset(user: Any) -> None:
    key = operations.issue(user, kind="personal").key
    assert async_to_sync(from_key)(key, Token.objects.filter(kind="login")) is None
    assert async_to_sync(from_key)(key, Token.objects.filter(kind="personal")) is not None


def test_the_async_methods_of_the_orm_send_signals(user: Any) -> None:
    async def make() -> list[Any]:
        created = await Token.objects.acreate(user=user)
        found, made = await Token.objects.aget_or_create(user=user)
        assert (found, made) == (created, False)
        token = Token(user=user)
        await token.asave()
        bulk = await Token.objects.abulk_create([Token(user=user)])
        return [created, token, *bulk]

    with listening() as heard:
        tokens = async_to_sync(make)()
    assert len({token.key for token in tokens}) == 3
    assert [one.token for one in heard] == tokens

    async def end() -> None:
        await tokens[0].adelete()
        await Token.objects.filter(pk=tokens[1].pk).adelete()

    with listening() as heard:
        async_to_sync(end)()
    assert [(one.token.pk, one.reason) for one in heard] == [
        (tokens[0].pk, "deleted"),
        (tokens[1].pk, "deleted"),
    ]


def test_parallel_rotations_in_one_loop_leave_one_usable_key(user: Any) -> None:
    async def rotate_all(token: Any) -> list[Any]:
        return await asyncio.gather(*[operations.arotate(token) for _ in range(5)])

    token = operations.issue(user)
    made = async_to_sync(rotate_all)(token)
    usable = [one for one in made if Token.objects.from_key(one.key) is not None]
    assert usable == made[-1:]


# Without a request


def test_authenticate_credentials_needs_no_request(user: Any) -> None:
    token = operations.issue(user)
    found = ExpiringTokenAuthentication().authenticate_credentials(token.key)
    assert found == (user, token)
    with pytest.raises(AuthenticationFailed) as refusal:
        ExpiringTokenAuthentication().authenticate_credentials("dta_" + "x" * 36)
    assert refusal.value.get_codes() == "invalid_token"


def test_reuse_without_a_request_is_reported(user: Any) -> None:
    token = operations.issue(user)
    with at(timezone.now() - timedelta(hours=1)):
        operations.rotate(token)
    with listening() as heard, pytest.raises(AuthenticationFailed):
        ExpiringTokenAuthentication().authenticate_credentials(token.key)
    assert [(one.what, one.request) for one in heard] == [("reused", None)]


# Under ASGI


def test_an_async_view_can_look_a_key_up(user: Any) -> None:
    key = operations.issue(user).key
    assert asgi("GET", "/who/", key) == 200
    assert asgi("GET", "/who/", Token.generate_key()) == 401
    assert asgi("GET", "/who/") == 401


@both
def test_a_token_works_from_login_to_logout_under_asgi(user: Any, atomic: bool) -> None:
    async def live() -> list[int]:
        client = AsyncClient()
        credentials = json.dumps({"username": user.get_username(), "password": PASSWORD})
        login = await client.post("/auth/login/", credentials, content_type="application/json")
        keys = [login.json()["token"]]
        header = {"AUTHORIZATION": f"Token {keys[0]}"}
        statuses = [login.status_code]
        statuses.append((await client.get("/echo/", **header)).status_code)
        rotated = await client.post("/auth/token/rotate/", **header)
        statuses.append(rotated.status_code)
        header = {"AUTHORIZATION": f"Token {rotated.json()['token']}"}
        statuses.append((await client.get("/auth/tokens/", **header)).status_code)
        statuses.append((await client.post("/auth/logout/", **header)).status_code)
        statuses.append((await client.get("/echo/", **header)).status_code)
        return statuses

    with atomic_requests(atomic), listening() as heard:
        assert async_to_sync(live)() == [200, 200, 200, 200, 204, 401]
    assert [one.what for one in heard] == ["created", "rotated", "revoked"]


@both
@pytest.mark.parametrize(("path", "status"), [("/echo/", 200), ("/failing/", 400)])
def test_a_use_is_recorded_under_asgi(user: Any, atomic: bool, path: str, status: int) -> None:
    token = operations.issue(user)
    with atomic_requests(atomic):
        assert asgi("GET", path, token.key) == status
    assert row(token).last_used_at is not None


@both
def test_reuse_revokes_the_token_under_asgi(user: Any, atomic: bool) -> None:
    """A server may run the view in another task. A context variable that is set there is lost."""
    token = operations.issue(user)
    with at(timezone.now() - timedelta(hours=1)):
        operations.rotate(token)
    conf = override_settings(DRF_TOKEN_AUTH={"REVOKE_ON_REUSE": True})
    with conf, atomic_requests(atomic), listening() as heard:
        assert asgi("GET", "/echo/", token.key) == 401
    assert [one.what for one in heard] == ["reused", "revoked"]
    assert not Token.objects.exists()


def test_act_as_works_under_asgi(user: Any) -> None:
    client = AsyncClient()
    act_as(client, user)

    async def get() -> Any:
        return await client.get("/echo/")

    response = async_to_sync(get)()
    assert response.status_code == 200
    assert response.json()["user"] == user.get_username()
