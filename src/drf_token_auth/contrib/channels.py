"""channels: ``TokenAuthMiddleware`` for websockets, which also closes them when the token ends.

The key comes with the ``Authorization`` header or, as browsers can't send that with a websocket,
as the second of two subprotocols: ``new WebSocket(url, ["token", key])``.
"""

from __future__ import annotations

import asyncio
from typing import Any

from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import Error as DatabaseError
from django.db import router
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

from ..authentication import ExpiringTokenAuthentication
from ..base_models import AbstractToken
from ..exceptions import Refused
from ..lookup import require_alive
from ..managers import all_rows

__all__ = ["CLOSED", "TokenAuthMiddleware", "is_alive"]

# The close code of a socket whose token has ended: of those that are an application's own, the one
# that reads as 401.
CLOSED = 4401
KEYWORDS = ("token", "bearer")


class TokenAuthMiddleware:
    """``scope["user"]`` and ``scope["auth"]``, the token; AnonymousUser and None without one.

    :param recheck: seconds between looks at the token of an open socket; it is closed with
        :data:`CLOSED` at its expiry, and at the first look after it was revoked. None: never.
    """

    authentication_class = ExpiringTokenAuthentication

    def __init__(self, inner: Any, *, recheck: float | None = 60) -> None:
        self.inner = inner
        self.recheck = recheck

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        keyword, key, scope = _presented(dict(scope))
        # Without a key, whom a middleware further out has found.
        scope["auth"] = None
        scope.setdefault("user", AnonymousUser())
        if key is not None:
            scope["user"] = AnonymousUser()
            try:
                authenticate = self.authentication_class().authenticate_credentials
                scope["user"], scope["auth"] = await database_sync_to_async(authenticate)(key)
            except AuthenticationFailed:
                pass
        if keyword is not None:
            send = _accepting(keyword, send)
        if scope["auth"] is None or self.recheck is None or scope["type"] != "websocket":
            return await self.inner(scope, receive, send)
        watch = _Watch(scope["auth"], self.recheck, receive, send)
        try:
            return await self.inner(scope, watch.receive, send)
        finally:
            watch.stop()


def _presented(scope: dict[str, Any]) -> tuple[str | None, str | None, dict[str, Any]]:
    """The subprotocol to accept, the key, and the scope without it."""
    offered = list(scope.get("subprotocols", ()))
    if len(offered) >= 2 and offered[0].lower() in KEYWORDS:
        scope["subprotocols"] = [offered[0], *offered[2:]]
        return offered[0], offered[1], scope
    header = dict(scope.get("headers", ())).get(b"authorization", b"").decode("latin-1")
    parts = header.split()
    if len(parts) == 2 and parts[0].lower() in KEYWORDS:
        return None, parts[1], scope
    return None, None, scope


def _accepting(keyword: str, send: Any) -> Any:
    """Browsers close a socket whose server takes none of the subprotocols they offered."""

    async def send_with_keyword(message: Any) -> None:
        if message["type"] == "websocket.accept" and not message.get("subprotocol"):
            message = {**message, "subprotocol": keyword}
        await send(message)

    return send_with_keyword


class _Watch:
    """A ``receive`` that looks at the token now and then, however busy or idle the socket is."""

    def __init__(self, token: AbstractToken, every: float, receive: Any, send: Any) -> None:
        self.token = token
        self.every = every
        self.source = receive
        self.send = send
        self.pending: asyncio.Future[Any] | None = None
        self.next_look = self._due()

    def _due(self) -> float:
        wait = self.every
        if self.token.expires_at is not None:
            left = (self.token.expires_at - timezone.now()).total_seconds()
            wait = min(wait, max(left, 0))
        return asyncio.get_running_loop().time() + wait

    async def receive(self) -> Any:
        loop = asyncio.get_running_loop()
        while True:
            if self.pending is None:
                self.pending = asyncio.ensure_future(self.source())
            await asyncio.wait({self.pending}, timeout=max(self.next_look - loop.time(), 0))
            if loop.time() >= self.next_look:
                token = await self._look()
                if token is None:
                    self.stop()
                    await self.send({"type": "websocket.close", "code": CLOSED})
                    return {"type": "websocket.disconnect", "code": CLOSED}
                self.token = token
                self.next_look = self._due()
            if self.pending.done():
                message, self.pending = self.pending.result(), None
                return message

    async def _look(self) -> AbstractToken | None:
        try:
            row: AbstractToken | None = await database_sync_to_async(_reload)(self.token)
        except DatabaseError:
            # No reason to throw everybody out: the next look will tell.
            return None if self.token.is_expired() else self.token
        return row

    def stop(self) -> None:
        if self.pending is not None:
            self.pending.cancel()


def _reload(token: AbstractToken) -> AbstractToken | None:
    """The row as it is now, if it would still authenticate."""
    rows = all_rows(type(token), router.db_for_write(type(token))).select_related("user")
    row: AbstractToken | None = rows.filter(pk=token.pk).first()
    try:
        if row is not None:
            require_alive(row, timezone.now())
    except Refused:
        return None
    return row


async def is_alive(token: AbstractToken) -> bool:
    """Whether the token of an open socket would still authenticate: before what matters."""
    return await database_sync_to_async(_reload)(token) is not None
