"""Clients that keep sending requests while their tokens are imported."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connection, connections
from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

CLIENTS = 2
# The number of imported tokens. Each transaction copies 1,000, so there are many transactions.
CROWD = 100_000 if connection.vendor == "sqlite" else 10_000


def who(*authenticators: Any) -> Any:
    """Return a view with these authenticators. It shows the name of the user."""

    class WhoView(APIView):
        authentication_classes = authenticators
        permission_classes = (IsAuthenticated,)

        def get(self, request: Any) -> Response:
            return Response({"user": request.user.get_username()})

    return WhoView.as_view()


def paths(**authenticators: Sequence[Any]) -> list[Any]:
    return [path(f"{name}/", who(*several)) for name, several in authenticators.items()]


def ask(where: str, key: str, word: str = "Token") -> Any:
    return APIClient().get(f"/{where}/", HTTP_AUTHORIZATION=f"{word} {key}")


def status(where: str, key: str, word: str = "Token") -> int:
    return ask(where, key, word).status_code


def imported(*arguments: str) -> str:
    """Run the command. Return its output."""
    out = StringIO()
    call_command("import_tokens", *arguments, stdout=out)
    return out.getvalue()


@contextmanager
def hammering(keys: Sequence[str], *places: str) -> Iterator[Counter[int]]:
    """Let clients send requests until the block ends. Each request has one of the keys.

    After the block, the yielded counter has the number of answers of each status.
    """
    answers: Counter[int] = Counter()
    is_over = threading.Event()

    def go_on() -> Counter[int]:
        got: Counter[int] = Counter()
        try:
            while not is_over.is_set():
                got[status(random.choice(places), random.choice(keys))] += 1
        finally:
            connections.close_all()
        return got

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(go_on) for _ in range(CLIENTS)]
        try:
            yield answers
        finally:
            is_over.set()
            for client in clients:
                answers.update(client.result())
