"""Count the tokens for the command ``token_stats``."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from .. import keys
from ..base_models import Kind
from ..conf import get_settings
from ..keys import peppers
from ..managers import all_rows
from ..purging import knows_uses
from ..rows import expiry
from ..rows.locking import user_model

if TYPE_CHECKING:
    from ..base_models import AbstractToken

__all__ = ["UNUSED_DAYS", "collect"]

UNUSED_DAYS = 90
PEPPER_IDS = range(1, 128)


def collect(model: type[AbstractToken], *, using: str) -> dict[str, Any]:
    """Return the numbers that ``token_stats --format json`` prints.

    :returns: a dict of counts and of two other values. ``usable_by_kind`` is a dict of kinds to
        counts. ``digests`` is a list of dicts with ``version``, ``tokens`` and ``state``.
        ``inactive_users`` is None if the user model has no field ``is_active``. The counts of
        unused tokens are None if the project does not record uses.
    """
    now = timezone.now()
    usable = expiry.not_expired(now)
    used = Coalesce("last_used_at", "created_at")
    wanted = {
        "total": Q(),
        "usable": usable,
        "expired": expiry.expired(now),
        **{kind: usable & Q(kind=kind) for kind in Kind.values},
        "never_expiring": Q(expires_at__isnull=True),
        "never_used": usable & Q(last_used_at__isnull=True),
        f"unused_{UNUSED_DAYS}_days": usable & Q(last_use__lte=now - timedelta(days=UNUSED_DAYS)),
    }
    with suppress(FieldDoesNotExist):
        user_model(model)._meta.get_field("is_active")
        wanted["inactive_users"] = usable & Q(user__is_active=False)
    counts = (
        all_rows(model, using)
        .alias(last_use=used)
        .aggregate(**{f"n_{name}": Count("pk", filter=q) for name, q in wanted.items()})
    )
    found: dict[str, Any] = {name: counts[f"n_{name}"] for name in wanted}
    found["usable_by_kind"] = {kind: found.pop(kind) for kind in Kind.values}
    found.setdefault("inactive_users")
    if not knows_uses():
        found.update(dict.fromkeys(("never_used", f"unused_{UNUSED_DAYS}_days")))
    found["digests"] = list(_digests(peppers.count_by_version(model, using=using)))
    return found


def _digests(stored: dict[int, int]) -> Any:
    conf = get_settings()
    configured, newest = conf.PEPPERS, conf.digest_version
    for version in sorted({*stored, *configured, newest}):
        count = stored.get(version, 0)
        yield {
            "version": version,
            "tokens": count,
            "state": _state(version, count, newest, version in configured),
        }


def _state(version: int, count: int, newest: int, is_configured: bool) -> str:
    if version == newest:
        return "new_keys"
    if version in PEPPER_IDS:
        if not is_configured:
            return "missing"
        return "in_use" if count else "removable"
    return {keys.SHA256: "in_use", keys.KNOX: "knox"}.get(version, "unknown")
