"""Keep the last events in memory for the tour. To keep them longer, write them into a table."""

from __future__ import annotations

from collections import deque
from itertools import count
from typing import Any

from django.contrib.auth.signals import user_login_failed
from django.dispatch import receiver
from django.utils import timezone

from drf_token_auth import signals

NAMES = {
    signals.token_created: "created",
    signals.token_rotated: "new key",
    signals.token_revoked: "revoked",
    signals.token_reused: "old key used again",
}

numbers = count(1)
events: deque[dict[str, Any]] = deque(maxlen=30)


def add(what: str, token: str, why: str = "") -> None:
    number = next(numbers)
    events.append(
        {"number": number, "at": timezone.now(), "what": what, "token": token, "why": why}
    )


@receiver(list(NAMES))
def note_token(signal: Any, token: Any, reason: str = "", **kwargs: Any) -> None:
    add(NAMES[signal], f"{token.get_kind_display()}: {token.name}", reason)


@receiver(user_login_failed)
def note_failed_login(**kwargs: Any) -> None:
    add("login refused", "")
