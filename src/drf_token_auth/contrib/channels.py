"""channels: ``TokenAuthMiddleware``, which authenticates websockets by token.

It also closes a socket when its token is revoked or expires.

The key comes in the header that the authenticator reads. A script in a browser cannot set a header
of a websocket. Such a script sends the authenticator's keyword as the first subprotocol, and the
key as the second: ``new WebSocket(url, ["token", key])``.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import Error as DatabaseError
from django.db import router
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed, Throttled

from ..authentication import ExpiringTokenAuthentication
from ..base_models import AbstractToken
from ..exceptions import Refused
from ..lookup import require_usable
from ..lookup.visible_users import of_visible_users
from ..throttling import counting_refused_keys

__all__ = ["CLOSED", "TokenAuthMiddleware", "is_usable"]

# The close code of a socket whose token was revoked or has expired. Applications may use codes from
# 4000 on. This code resembles the HTTP status 401.
CLOSED = 4401


class TokenAuthMiddleware:
    """Set ``scope["user"]`` to the token's user, and ``scope["auth"]`` to the token.

    If the key is refused, set them to AnonymousUser and None. Without a key, set ``scope["auth"]``
    to None, and keep the user that an outer middleware has set.

    :param inner: the ASGI application to call.
    :param recheck: seconds between checks of an open socket's token. The socket is closed with
        :data:`CLOSED` when the token expires, and at the first check after it was revoked. With
        None, an open socket is never checked.
    """

    authentication_class = ExpiringTokenAuthentication

    def __init__(self, inner: Any, *, recheck: float | None = 60) -> None:
        self.inner = inner
        self.recheck = recheck

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        authenticator = self.authentication_class()
        keyword, key, scope = _presented(dict(scope), authenticator)
        scope["auth"] = None
        scope.setdefault("user", AnonymousUser())
        if key is not None:
            scope["user"] = AnonymousUser()
            authenticate = database_sync_to_async(_authenticate)
            with suppress(AuthenticationFailed, Throttled):
                scope["user"], scope["auth"] = await authenticate(authenticator, key, scope)
        if keyword is not None:
            send = _accepting(keyword, send)
        token = scope["auth"]
        is_watched = isinstance(token, AbstractToken) and scope["type"] == "websocket"
        if self.recheck is None or not is_watched:
            return await self.inner(scope, receive, send)
        watch = _Watch(token, self.recheck, receive, send)
        try:
            return await self.inner(scope, watch.receive, send)
        finally:
            watch.stop()


def _presented(
    scope: dict[str, Any], authenticator: ExpiringTokenAuthentication
) -> tuple[str | None, str | None, dict[str, Any]]:
    """Return the subprotocol to accept, the key, and the scope without a key in subprotocols."""
    words = [word.lower() for word in authenticator.keywords]
    offered = list(scope.get("subprotocols", ()))
    if len(offered) >= 2 and offered[0].lower() in words:
        scope["subprotocols"] = [offered[0], *offered[2:]]
        # This header has the key too, and an error report would show it.
        headers = scope.get("headers", ())
        scope["headers"] = [one for one in headers if one[0] != b"sec-websocket-protocol"]
        return offered[0], offered[1], scope
    # The authenticator decides which header has the key.
    word, key = authenticator.get_credentials(SimpleNamespace(META=_headers(scope)))
    return None, key if word.lower() in words else None, scope


def _authenticate(
    authenticator: ExpiringTokenAuthentication, key: str, scope: dict[str, Any]
) -> tuple[Any, Any]:
    request = HttpRequest()
    [address, *_port] = scope.get("client") or [None]
    request.META = {**_headers(scope), "REMOTE_ADDR": address}
    with counting_refused_keys(request):
        return authenticator.authenticate_credentials(key)


def _headers(scope: dict[str, Any]) -> dict[str, str]:
    """Return the headers as Django puts them into ``request.META``."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, value in scope.get("headers", ()):
        # X_Name and X-Name have one name in META. A proxy that removes X-Name may pass X_Name on.
        if b"_" not in name:
            meta = f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"
            found[meta].append(value.decode("latin-1"))
    return {meta: ",".join(values) for meta, values in found.items()}


def _accepting(keyword: str, send: Any) -> Any:
    """Return a ``send`` that accepts the keyword as the subprotocol.

    A browser closes the socket if the server accepts none of the subprotocols that it offers.
    """

    async def send_with_keyword(message: Any) -> None:
        if message["type"] == "websocket.accept" and not message.get("subprotocol"):
            message = {**message, "subprotocol": keyword}
        await send(message)

    return send_with_keyword


class _Watch:
    """Wrap ``receive``, and check the token from time to time, even while no message comes."""

    def __init__(self, token: AbstractToken, every: float, receive: Any, send: Any) -> None:
        self.token = token
        self.every = every
        self.source = receive
        self.send = send
        self.pending: asyncio.Future[Any] | None = None
        self.next_check = self._due()

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
            await asyncio.wait({self.pending}, timeout=max(self.next_check - loop.time(), 0))
            if loop.time() >= self.next_check:
                token = await self._check()
                if token is None:
                    self.stop()
                    await self.send({"type": "websocket.close", "code": CLOSED})
                    return {"type": "websocket.disconnect", "code": CLOSED}
                self.token = token
                self.next_check = self._due()
            if self.pending.done():
                message, self.pending = self.pending.result(), None
                return message

    async def _check(self) -> AbstractToken | None:
        try:
            row: AbstractToken | None = await database_sync_to_async(_reload)(self.token)
        except DatabaseError:
            # Keep the sockets open while the database is down. The next check decides.
            return None if self.token.is_expired() else self.token
        return row

    def stop(self) -> None:
        if self.pending is not None:
            self.pending.cancel()


def _reload(token: AbstractToken) -> AbstractToken | None:
    """Return the row as it is now, or None if it no longer authenticates."""
    # The default manager may hide the token or its user. A request would then refuse the key.
    rows = of_visible_users(type(token)._default_manager.using(router.db_for_write(type(token))))
    row: AbstractToken | None = rows.select_related("user").filter(pk=token.pk).first()
    try:
        if row is not None:
            require_usable(row, timezone.now())
    except Refused:
        return None
    return row


async def is_usable(token: AbstractToken) -> bool:
    """Return whether the token of an open socket still authenticates. Costs one query."""
    return await database_sync_to_async(_reload)(token) is not None
