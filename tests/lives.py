"""Helpers for tests of tokens: a fixed clock, clients, and a recorder of signals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from datetime import timezone as python_timezone
from typing import Any, NamedTuple

import time_machine
from django.db import connections
from django.test import override_settings
from django.urls import path as url
from django.utils import timezone
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, signals
from tests.conftest import PASSWORD

MICROSECOND = timedelta(microseconds=1)
# Tests of an expiry try the moment before it, the expiry itself and the moment after it.
EDGES = {"before": -MICROSECOND, "at": timedelta(0), "after": MICROSECOND}


# The first second of a minute. Rates per minute count in windows of one minute.
MINUTE_BEGINS = datetime(2030, 1, 1, 12, 0, tzinfo=python_timezone.utc)


def at(moment: datetime) -> time_machine.travel:
    """Stop the clock at this moment. The moment may be naive if USE_TZ is off."""
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    # time_machine gives the process the time zone of the moment. Use the zone that Django set.
    here = moment.astimezone(timezone.get_default_timezone())
    return time_machine.travel(here, tick=False)


def client_of(token: Any, **extra: Any) -> APIClient:
    """Return a client that sends this key, or the key of this token."""
    client = APIClient()
    key = token if isinstance(token, str) else token.key
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}", **extra)
    return client


def status_of(token: Any, path: str = "/echo/") -> int:
    """Return the status of the answer to a request with this token or key."""
    return client_of(token).get(path).status_code


@contextmanager
def only(view: Any) -> Iterator[None]:
    """Let the project have only this view, at ``/``."""
    with override_settings(ROOT_URLCONF=(url("", view),)):
        yield


def log_in(user: Any, client: APIClient | None = None, **data: Any) -> Any:
    """Return the response of ``login/``."""
    credentials = {"username": user.get_username(), "password": PASSWORD, **data}
    return (client or APIClient()).post("/auth/login/", credentials)


def row(token: Any) -> Any:
    """Return the token's row as it is now."""
    return get_token_model().objects.select_related("user").get(pk=token.pk)


@contextmanager
def atomic_requests(on: bool) -> Iterator[None]:
    """Set ATOMIC_REQUESTS. Django reads it on each request."""
    settings = connections.settings["default"]
    before = settings["ATOMIC_REQUESTS"]
    settings["ATOMIC_REQUESTS"] = on
    try:
        yield
    finally:
        settings["ATOMIC_REQUESTS"] = before


class Event(NamedTuple):
    what: str
    token: Any
    reason: str | None
    actor: Any
    request: Any


_SIGNALS = {
    "created": signals.token_created,
    "rotated": signals.token_rotated,
    "revoked": signals.token_revoked,
    "reused": signals.token_reused,
}


@contextmanager
def listening() -> Iterator[list[Event]]:
    """Record the events that the signals announce, in order."""
    heard: list[Event] = []

    def receiver_of(what: str) -> Any:
        def hear(sender: Any, token: Any, **said: Any) -> None:
            assert sender is get_token_model()
            said.pop("signal")
            heard.append(
                Event(what, token, said.get("reason"), said.get("actor"), said.get("request"))
            )

        return hear

    receivers = {what: receiver_of(what) for what in _SIGNALS}
    for what, signal in _SIGNALS.items():
        signal.connect(receivers[what])
    try:
        yield heard
    finally:
        for what, signal in _SIGNALS.items():
            signal.disconnect(receivers[what])
