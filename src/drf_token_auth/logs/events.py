"""Write a line to the log for each public signal about a token."""

from __future__ import annotations

import logging
from typing import Any

from django.dispatch import receiver

from .. import signals

logger = logging.getLogger("drf_token_auth")

_EVENTS = {
    signals.token_created: "created",
    signals.token_rotated: "rotated",
    signals.token_revoked: "revoked",
    signals.token_reused: "reused",
}


@receiver(list(_EVENTS), dispatch_uid="drf_token_auth.log_event")
def log_event(signal: Any, token: Any, **what: Any) -> None:
    """Log what happened, to whose token, by whom and from where (OWASP ASVS 16.2.1)."""
    logger.log(
        logging.WARNING if signal is signals.token_reused else logging.INFO,
        "token %s: id=%s kind=%s user=%s reason=%s actor=%s address=%s",
        _EVENTS[signal],
        token.pk,
        token.kind,
        token.user_id,
        what.get("reason", "-"),
        getattr(what.get("actor"), "pk", None) or "-",
        getattr(what.get("request"), "META", {}).get("REMOTE_ADDR", "-"),
    )
