"""What listens: the log of tokens' lives, and the two things Django says about passwords."""

from __future__ import annotations

import logging
import sys
from types import FrameType
from typing import Any

from django.contrib.auth import get_user_model, hashers
from django.contrib.auth.hashers import get_hasher, identify_hasher
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.utils import timezone

from . import get_token_model, signals
from . import login_age as sessions
from . import passwords as stamps
from .base_models import AbstractToken
from .conf import get_settings
from .managers import all_rows, lock_user

logger = logging.getLogger("drf_token_auth")


@receiver(signals.token_created, dispatch_uid="drf_token_auth.log_created")
@receiver(signals.token_rotated, dispatch_uid="drf_token_auth.log_rotated")
@receiver(signals.token_revoked, dispatch_uid="drf_token_auth.log_revoked")
@receiver(signals.token_reused, dispatch_uid="drf_token_auth.log_reused")
def log_event(signal: Any, token: Any, **what: Any) -> None:
    """One line an event: when (the log's), what, whose, by whom, from where (ASVS 16.2.1)."""
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


@receiver(user_logged_in, dispatch_uid="drf_token_auth.note_session_login")
def note_session_login(request: Any, user: Any, **kwargs: Any) -> None:
    sessions.note_login(request, user)


@receiver(pre_save, dispatch_uid="drf_token_auth.rebind_after_hasher_upgrade")
def rebind_after_hasher_upgrade(
    instance: Any, using: str, update_fields: Any = None, raw: bool = False, **kwargs: Any
) -> None:
    """A silent upgrade of the password's hash is no change of password: keep the tokens.

    Django upgrades when a password is checked: ``set_password``, ``_password = None``, then
    ``save(update_fields=["password"])``. A change leaves ``_password`` set, or was never there; and
    the stored hash must have been due for an upgrade. Where in doubt, it is a change.

    The new hash and the tokens' stamps are stored together, so that no request sees one without
    the other; the save that follows finds nothing left to do.
    """
    if raw or update_fields is None or set(update_fields) != {"password"}:
        return
    if not isinstance(instance, get_user_model()):
        return
    if vars(instance).get("_password", "never set") is not None:
        return
    model = get_token_model()
    with transaction.atomic(using=using):
        before = lock_user(model, instance.pk, using=using)
        if before is None or before.password == instance.password:
            return
        if _is_upgrade(before.password, instance.password):
            bound = all_rows(model, using).filter(
                user=instance, user_stamp__in=list(stamps.accepted(before))
            )
            bound.update(user_stamp=stamps.current(instance))
            type(instance)._base_manager.using(using).filter(pk=instance.pk).update(
                password=instance.password
            )
        elif _is_checking_a_password():
            # Of two upgrades at once this is the second; or the password was changed meanwhile.
            # Either way what is stored is newer than what was checked.
            instance.password = before.password


@receiver(pre_save, dispatch_uid="drf_token_auth.cap_fixtures")
def cap_fixtures(instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """``loaddata`` calls no ``save()`` of ours; ``MAX_TTL`` holds there too."""
    if raw and isinstance(instance, AbstractToken):
        now, longest = timezone.now(), get_settings().MAX_TTL
        if longest is not None and instance.idle_timeout is not None:
            # Or uses would renew it for ever.
            instance.renewable_until = instance.renewable_until or now + longest
        instance.cap_lifetime(now)


def _is_checking_a_password() -> bool:
    """Whether Django's own check of a password is what saves the user."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code is not hashers.check_password.__code__:
        frame = frame.f_back
    return frame is not None


def _is_upgrade(stored: str, new: str) -> bool:
    preferred = get_hasher("default")
    try:
        old_hasher, new_hasher = identify_hasher(stored), identify_hasher(new)
    except ValueError:  # an unusable password, or a hash nobody here knows
        return False
    due = old_hasher.algorithm != preferred.algorithm or preferred.must_update(stored)
    return due and new_hasher.algorithm == preferred.algorithm and not preferred.must_update(new)
