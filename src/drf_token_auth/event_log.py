"""Signal receivers: they log token events, and react to logins, saved users and fixtures."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.utils import timezone

from . import keys, signals
from . import login_age as sessions
from .base_models import AbstractToken
from .conf import get_settings
from .passwords import follow_rehash

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


pre_save.connect(follow_rehash, dispatch_uid="drf_token_auth.follow_rehash")


@receiver(user_logged_in, dispatch_uid="drf_token_auth.note_session_login")
def note_session_login(request: Any, user: Any, **kwargs: Any) -> None:
    sessions.note_login(request, user)


@receiver(pre_save, dispatch_uid="drf_token_auth.cap_fixtures")
def cap_fixtures(instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Apply ``MAX_TTL`` to tokens from fixtures, because ``loaddata`` skips the model's ``save()``.

    A token whose fixture has no digest gets a random key that is never shown.
    """
    if raw and isinstance(instance, AbstractToken):
        if bytes(instance.digest)[:1] == bytes([keys.UNISSUED]):
            # The fixture has no digest, but each row needs one. Use the digest of a new key.
            instance.key = instance.generate_key()
        now, longest = timezone.now(), get_settings().MAX_TTL
        if longest is not None and instance.idle_timeout is not None:
            # Without this limit, uses would renew the token forever.
            instance.renewable_until = instance.renewable_until or now + longest
        instance.cap_lifetime(now)
