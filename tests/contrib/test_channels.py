from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import wraps
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.testing import WebsocketCommunicator
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, UserManager
from django.db import OperationalError
from mysite.asgi import application
from mysite.consumers import NewsConsumer
from mysite.payments import PaymentConsumer
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.test import APIRequestFactory

from drf_token_auth import operations
from drf_token_auth.authentication import BearerTokenAuthentication, ExpiringTokenAuthentication
from drf_token_auth.contrib import channels
from drf_token_auth.contrib.channels import CLOSED, TokenAuthMiddleware, is_usable
from drf_token_auth.managers import TokenManager
from tests.rows import use_manager

pytestmark = pytest.mark.django_db(transaction=True)


def in_a_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    @wraps(test)
    def run(**fixtures: Any) -> None:
        async_to_sync(test)(**fixtures)

    return run


def socket(
    *, header: str | None = None, subprotocols: list[str] | None = None, app: Any = application
) -> WebsocketCommunicator:
    headers = [] if header is None else [(b"authorization", header.encode())]
    return WebsocketCommunicator(app, "/news/", headers, subprotocols)


def watched(recheck: float | None, consumer: Any = NewsConsumer) -> Any:
    return TokenAuthMiddleware(consumer.as_asgi(), recheck=recheck)


async def make(user: Any, **options: Any) -> Any:
    return await operations.aissue(user, **options)


async def opened(app: Any, key: str) -> WebsocketCommunicator:
    client = socket(header=f"Token {key}", app=app)
    assert await client.connect() == (True, None)
    assert await client.receive_json_from() == {"hello": "ada"}
    return client


async def closed_with(client: WebsocketCommunicator) -> int:
    message = await client.receive_output(timeout=5)
    assert message["type"] == "websocket.close"
    await client.wait()
    return int(message["code"])


class BearerMiddleware(TokenAuthMiddleware):
    authentication_class = BearerTokenAuthentication


class ApiKeyAuthentication(ExpiringTokenAuthentication):
    keyword = ["Api-Key", "Token"]

    def get_credentials(self, request: Any) -> tuple[str, str]:
        key = request.META.get("HTTP_X_API_KEY", "")
        return ("Api-Key", key) if key else super().get_credentials(request)


class ApiKeyMiddleware(TokenAuthMiddleware):
    authentication_class = ApiKeyAuthentication


async def who(middleware: Any, **scope: Any) -> str:
    """Return the user that the middleware finds in this scope."""
    found = {}

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        found.update(scope)

    await middleware(inner, recheck=None)({"type": "websocket", **scope}, None, None)
    return str(found["user"])


@pytest.mark.parametrize(
    ("middleware", "header", "text", "is_found"),
    [
        (TokenAuthMiddleware, b"authorization", "Token {}", True),
        (TokenAuthMiddleware, b"authorization", "Bearer {}", False),
        (BearerMiddleware, b"authorization", "Bearer {}", True),
        (BearerMiddleware, b"authorization", "Token {}", False),
        (ApiKeyMiddleware, b"authorization", "Token {}", True),
        (ApiKeyMiddleware, b"authorization", "api-key {}", True),
        (ApiKeyMiddleware, b"x-api-key", "{}", True),
        (TokenAuthMiddleware, b"x-api-key", "{}", False),
    ],
)
@in_a_loop
async def test_the_authenticator_says_which_header_has_the_key(
    user: Any, middleware: Any, header: bytes, text: str, is_found: bool
) -> None:
    value = text.format((await make(user)).key).encode()
    assert await who(middleware, headers=[(header, value)]) == (
        "ada" if is_found else "AnonymousUser"
    )


@in_a_loop
async def test_headers_are_read_as_django_reads_them(user: Any) -> None:
    key = (await make(user)).key.encode()
    nonsense = (b"authorization", b"Token nonsense")
    for headers in (
        [(b"x_api_key", key)],
        [nonsense, (b"authorization", b"Token " + key)],
        [(b"authorization", b"Token " + key), nonsense],
        [(b"authorization", b"Token \xff\x00"), (b"cookie", b"\xff=\x00;;"), (b"", b"")],
    ):
        assert await who(ApiKeyMiddleware, headers=headers) == "AnonymousUser", headers


@in_a_loop
async def test_refused_keys_are_counted_by_address(user: Any, settings: Any) -> None:
    settings.DRF_TOKEN_AUTH = {"FAILED_KEY_RATE": "2/day"}
    key = (await make(user)).key
    good = {"headers": [(b"authorization", f"Token {key}".encode())]}
    wrong = {"headers": [(b"authorization", b"Token nonsense")]}
    # The port of an address does not count, and a good key is no failure.
    for port, scope, found in [
        *((1, good, "ada"), (2, wrong, "AnonymousUser"), (3, good, "ada")),
        *((4, wrong, "AnonymousUser"), (5, good, "AnonymousUser")),
    ]:
        assert await who(TokenAuthMiddleware, client=["192.0.2.1", port], **scope) == found
    assert await who(TokenAuthMiddleware, client=["192.0.2.2", 6], **good) == "ada"
    # A server behind a Unix socket may not know an address. Then no failure is counted.
    for client in (None, ["", 0], *[None] * 2):
        assert await who(TokenAuthMiddleware, client=client, **wrong) == "AnonymousUser"
    assert await who(TokenAuthMiddleware, client=None, **good) == "ada"


@in_a_loop
async def test_refused_keys_of_requests_and_sockets_share_one_count(
    user: Any, settings: Any
) -> None:
    settings.DRF_TOKEN_AUTH = {"FAILED_KEY_RATE": "2/day"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    behind_a_proxy = (b"x-forwarded-for", b"192.0.2.3")
    scope = {"client": ["10.0.0.1", 1], "headers": [behind_a_proxy]}
    await who(TokenAuthMiddleware, subprotocols=["token", "nonsense"], **scope)
    request = APIRequestFactory().get("/", HTTP_X_FORWARDED_FOR="192.0.2.3")
    request.META["HTTP_AUTHORIZATION"] = "Token nonsense"
    authenticate = sync_to_async(ExpiringTokenAuthentication().authenticate)
    with pytest.raises(AuthenticationFailed):
        await authenticate(request)
    with pytest.raises(Throttled):
        await authenticate(request)
    key = (await make(user)).key
    assert await who(TokenAuthMiddleware, subprotocols=["token", key], **scope) == "AnonymousUser"


class ServiceAuthentication(ExpiringTokenAuthentication):
    """An authenticator that accepts every key, and returns no token of ours."""

    def authenticate_credentials(self, key: str | bytes) -> tuple[Any, Any]:
        return get_user_model()._default_manager.get(), "service"


class ServiceMiddleware(TokenAuthMiddleware):
    authentication_class = ServiceAuthentication


@in_a_loop
async def test_a_socket_without_a_token_of_ours_stays_open(user: Any) -> None:
    app = ServiceMiddleware(NewsConsumer.as_asgi(), recheck=0.01)
    client = await opened(app, "x")
    # The middleware rechecks only tokens of this package, so it never closes this socket.
    assert await client.receive_nothing(timeout=0.1)
    await client.disconnect()


@pytest.mark.parametrize(
    "offered",
    [
        *(["token"], ["token", ""], ["token", "\x00"], ["", "x"], ["token", "a b"]),
        *(["token", "x" * 99_999], ["token", "\ud800"], ["x"] * 999),
    ],
)
@in_a_loop
async def test_malformed_subprotocols_give_an_anonymous_user(offered: list[str]) -> None:
    assert await who(TokenAuthMiddleware, subprotocols=offered) == "AnonymousUser"


@in_a_loop
async def test_the_authenticators_keyword_is_the_subprotocol(user: Any) -> None:
    key = (await make(user)).key
    assert await who(BearerMiddleware, subprotocols=["bearer", key]) == "ada"
    assert await who(BearerMiddleware, subprotocols=["token", key]) == "AnonymousUser"


@pytest.mark.parametrize("scheme", ["Token", "token"])
@in_a_loop
async def test_a_header_authenticates_a_socket(user: Any, scheme: str) -> None:
    client = socket(header=f"{scheme} {(await make(user)).key}")
    assert await client.connect() == (True, None)
    assert await client.receive_json_from() == {"hello": "ada"}
    await client.send_json_to({"n": 1})
    assert await client.receive_json_from() == {"echo": {"n": 1}}
    await client.disconnect()


@pytest.mark.parametrize("word", ["token", "Token"])
@in_a_loop
async def test_a_pair_of_subprotocols_authenticates_a_socket(user: Any, word: str) -> None:
    client = socket(subprotocols=[word, (await make(user)).key])
    # The server must accept one of a browser's subprotocols. It accepts the keyword, not the key.
    assert await client.connect() == (True, word)
    assert await client.receive_json_from() == {"hello": "ada"}
    await client.disconnect()


class Nobody(UserManager[Any]):
    def get_queryset(self) -> Any:
        return super().get_queryset().none()


class NoTokens(TokenManager[Any]):
    def get_queryset(self) -> Any:
        return super().get_queryset().none()


@pytest.mark.parametrize("hidden", ["user", "token"])
@in_a_loop
async def test_a_socket_is_closed_when_a_manager_hides_its_user_or_its_token(
    user: Any, monkeypatch: pytest.MonkeyPatch, hidden: str
) -> None:
    """Some projects keep the rows of deleted users, and a manager hides them."""
    token = await make(user)
    client = await opened(watched(0.01), token.key)
    assert await is_usable(token)
    if hidden == "user":
        use_manager(Nobody(), type(user), monkeypatch)
    else:
        use_manager(NoTokens(), type(token), monkeypatch)
    assert await closed_with(client) == CLOSED
    assert not await is_usable(token)


@in_a_loop
async def test_the_key_is_not_in_the_scope_that_consumers_see(user: Any) -> None:
    seen = {}

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope)
        await send({"type": "websocket.accept", "subprotocol": "news.v2"})

    key = (await make(user)).key
    client = socket(subprotocols=["token", key, "news.v2"], app=TokenAuthMiddleware(inner))
    # A server also passes this header on, which has the key.
    offered = (b"sec-websocket-protocol", f"token, {key}, news.v2".encode())
    client.scope["headers"] = [(b"host", b"testserver"), offered]
    # The middleware keeps the consumer's own choice.
    assert await client.connect() == (True, "news.v2")
    assert seen["subprotocols"] == ["token", "news.v2"]
    assert seen["headers"] == [(b"host", b"testserver")]
    assert key not in repr({**seen, "auth": vars(seen["auth"])})


@pytest.mark.parametrize(
    "header", [None, "Token nonsense", "Token", "Token a b", "Basic YTpi", "Token dta_é"]
)
@in_a_loop
async def test_a_malformed_header_gives_an_anonymous_user(db: None, header: str | None) -> None:
    assert await socket(header=header).connect() == (False, CLOSED)


@in_a_loop
async def test_a_refused_key_gives_an_anonymous_user_even_with_a_session(user: Any) -> None:
    users = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        users.append(scope["user"])
        await send({"type": "websocket.accept"})

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        await TokenAuthMiddleware(inner)({**scope, "user": user}, receive, send)

    await socket(app=outer).connect()
    await socket(app=outer, header="Token nonsense").connect()
    assert users == [user, AnonymousUser()]


@in_a_loop
async def test_the_middleware_works_inside_the_stack_of_sessions(user: Any) -> None:
    stack = AuthMiddlewareStack(watched(None))
    client = socket(header=f"Token {(await make(user)).key}", app=stack)
    assert await client.connect() == (True, None)
    await client.disconnect()


@in_a_loop
async def test_a_revoked_token_closes_its_socket(user: Any) -> None:
    token, other = await make(user), await make(user)
    app = watched(0.05)
    client, kept = await opened(app, token.key), await opened(app, other.key)
    await operations.arevoke(token, reason="logout")
    assert await closed_with(client) == CLOSED
    await kept.send_json_to({"still": "here"})
    assert await kept.receive_json_from() == {"echo": {"still": "here"}}
    await kept.disconnect()


@in_a_loop
async def test_a_busy_socket_is_checked_too(user: Any) -> None:
    token = await make(user)
    client = await opened(watched(0.01), token.key)
    await operations.arevoke(token, reason="logout")
    for _ in range(100_000):
        # A message is always waiting.
        await client.send_json_to({"n": 1})
        message = await client.receive_output()
        if message["type"] == "websocket.close":
            break
    assert message["code"] == CLOSED


@in_a_loop
async def test_a_socket_closes_at_the_expiry_before_the_next_check(user: Any) -> None:
    token = await make(user, ttl=timedelta(seconds=1))
    client = await opened(watched(3600), token.key)
    assert await closed_with(client) == CLOSED


@in_a_loop
async def test_a_password_change_closes_the_socket(user: Any) -> None:
    client = await opened(watched(0.05), (await make(user)).key)

    def change() -> None:
        changed = get_user_model().objects.get(pk=user.pk)
        changed.set_password("staple battery horse correct")
        changed.save()

    await sync_to_async(change)()
    assert await closed_with(client) == CLOSED


@in_a_loop
async def test_without_checks_the_socket_stays_open(user: Any) -> None:
    token = await make(user)
    client = await opened(watched(None), token.key)
    await operations.arevoke(token, reason="logout")
    await client.send_json_to({"n": 1})
    assert await client.receive_json_from() == {"echo": {"n": 1}}
    await client.disconnect()


@in_a_loop
async def test_a_database_that_is_down_closes_no_socket(
    user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await make(user)
    client = await opened(watched(0.01), token.key)
    looks = []

    def down(*args: Any) -> None:
        looks.append(args)
        raise OperationalError

    monkeypatch.setattr(channels, "of_visible_users", down)
    while len(looks) < 3:
        await client.send_json_to({"n": 1})
        assert await client.receive_json_from() == {"echo": {"n": 1}}
    with pytest.raises(OperationalError):
        await is_usable(token)
    await client.disconnect()


@in_a_loop
async def test_a_socket_closes_at_the_expiry_without_the_database(
    user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await opened(watched(3600), (await make(user, ttl=timedelta(seconds=1))).key)

    def down(*args: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(channels, "of_visible_users", down)
    assert await closed_with(client) == CLOSED


@in_a_loop
async def test_a_consumer_checks_the_token_before_an_important_step(user: Any) -> None:
    token = await make(user)
    client = socket(header=f"Token {token.key}", app=watched(None, PaymentConsumer))
    assert await client.connect() == (True, None)
    await client.send_json_to({})
    assert await client.receive_json_from() == {"paid": True}
    assert await is_usable(token)
    await operations.arevoke(token, reason="logout")
    assert not await is_usable(token)
    await client.send_json_to({})
    assert await closed_with(client) == CLOSED


@in_a_loop
async def test_http_requests_are_passed_on(user: Any) -> None:
    scopes = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    key = (await make(user)).key
    scope = {"type": "http", "headers": [(b"authorization", f"Token {key}".encode())]}
    await TokenAuthMiddleware(inner)(scope, None, None)
    assert scopes[0]["user"] == user
