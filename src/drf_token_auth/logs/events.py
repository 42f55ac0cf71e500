"""Write a line to the log for each event in a token's life."""

from __future__ import annotations

import logging
from typing import Any

from django.dispatch import receiver

from .. import signals

logger = logging.getLogger("drf_token_auth")


@receiver(signals.token_created, dispatch_uid="drf_token_auth.log_created")
@receiver(signals.token_rotated, dispatch_uid="drf_token_auth.log_rotated")
@receiver(signals.token_revoked, dispatch_uid="drf_token_auth.log_revoked")
@receiver(signals.token_reused, dispatch_uid="drf_token_auth.log_reused")
def log_event(signal: Any, token: Any, **what: Any) -> None:
    """Log one line for each event: what happened, whose token, by whom, from where (ASVS 16.2.1).

    The time is that of the log record.
    """
    event = _EVENTS[signal]
    level = logging.WARNING if signal is signals.token_reused else logging.INFO
    logger.log(
        level,
        "token %s: id=%s kind=%s user=%s reason=%s actor=%s address=%s",
        event,
        token.pk,
        token.kind,
        token.user_id,
        what.get("reason", "-"),
        getattr(what.get("actor"), "pk", None) or "-",
        getattr(what.get("request"), "META", {}).get("REMOTE_ADDR", "-"),
    )


_EVENTS = {
    signals.token_created: "created",
    signals.token_rotated: "rotated",
    signals.token_revoked: "revoked",
    signals.token_reused: "reused",
}
