"""Inside a worker: make requests as a server does, and time their authentication."""

from __future__ import annotations

import gc
import random
import time
from typing import Any

from . import harness, packages

# The headers of a browser behind a reverse proxy. Some authenticators read all of them.
HEADERS = {
    "HTTP_HOST": "api.example.com",
    "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "HTTP_ACCEPT": "application/json",
    "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.5",
    "HTTP_ACCEPT_ENCODING": "gzip, deflate, br, zstd",
    "HTTP_CONNECTION": "keep-alive",
    "HTTP_ORIGIN": "https://www.example.com",
    "HTTP_REFERER": "https://www.example.com/",
    "HTTP_SEC_FETCH_DEST": "empty",
    "HTTP_SEC_FETCH_MODE": "cors",
    "HTTP_SEC_FETCH_SITE": "same-site",
    "HTTP_X_FORWARDED_FOR": "203.0.113.7",
    "HTTP_X_FORWARDED_PROTO": "https",
}

# The keys that this process knows in plain text, by the name of their group.
_keys: dict[str, list[tuple[int, str]]] = {}


def learn(keys: dict[str, list[tuple[int, str]]]) -> None:
    _keys.update(keys)


def request(headers: dict[str, str]) -> Any:
    from rest_framework.request import Request
    from rest_framework.test import APIRequestFactory

    return Request(APIRequestFactory().get("/", **HEADERS, **headers))


def warm_up(package: packages.Package, group: str | None = None) -> None:
    """Use each key once, because the first use writes to the database and fills caches.

    :param group: use the keys of this group only.
    """
    authenticate = package.authenticate()
    for name, keys in _keys.items():
        for user_id, key in keys if group in (None, name) else []:
            user, _ = authenticate(request(package.headers(key)))
            assert user.pk == user_id
    gc.collect()
    gc.freeze()


def authenticate(package: packages.Package, group: str, count: int) -> list[float]:
    """Time ``count`` authentications with random keys of the group, in microseconds."""
    keys = random.choices(_keys[group], k=count + UNTIMED)
    asked = [request(package.headers(key)) for _, key in keys]
    return harness.timed(package.authenticate(), asked)[UNTIMED:]


def authenticate_once(package: packages.Package, group: str) -> list[float]:
    """Time one authentication with a random key of the group, in microseconds."""
    _, key = random.choice(_keys[group])
    return harness.timed(package.authenticate(), [request(package.headers(key))])


# How many calls to leave out. The first calls are slow, because another process has just filled the
# caches of the processor.
UNTIMED = 3


def refuse(package: packages.Package, reason: str, count: int) -> list[float]:
    """Time ``count`` refusals for this reason, in microseconds."""
    from django.contrib.auth import get_user_model
    from rest_framework.exceptions import AuthenticationFailed

    authenticate = package.authenticate()
    known = random.choices(next(iter(_keys.values())), k=count + UNTIMED)
    if reason == "wrong checksum":
        keys = [package.wrong_checksum(key) for _, key in known]
    elif reason == "unknown":
        keys = [package.unknown() for _ in known]
    else:
        users = get_user_model().objects.in_bulk()
        keys = [package.expire(users[user_id]) for user_id, _ in known]

    def be_refused(asked: Any) -> None:
        try:
            authenticate(asked)
        except AuthenticationFailed:
            return
        raise AssertionError(f"{package} accepts a key: {reason}")

    asked = [request(package.headers(key)) for key in keys]
    return harness.timed(be_refused, asked)[UNTIMED:]


def paced(package: packages.Package, group: str, seconds: float, pause: float) -> list[float]:
    """Time authentications for ``seconds``, with pauses of ``pause`` seconds, in microseconds."""
    taken = []
    authenticate_one = package.authenticate()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        _, key = random.choice(_keys[group])
        taken += harness.timed(authenticate_one, [request(package.headers(key))])
        time.sleep(pause)
    return taken
