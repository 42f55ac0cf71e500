"""What keys that were found somewhere open: the tokens they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q
from django.utils import timezone

from .. import keys
from ..conf import get_settings
from ..managers import all_rows

if TYPE_CHECKING:
    from ..base_models import AbstractToken

__all__ = ["EXPIRED", "ROTATED", "UNKNOWN", "USABLE", "Holder", "holders_of"]

USABLE, EXPIRED, ROTATED, UNKNOWN = "usable", "expired", "rotated", "unknown"


class Holder(NamedTuple):
    """A token, if there is one with the key, and what the key is good for.

    ``usable``: it has not expired (of an inactive user and of an old password, too).
    ``rotated``: the key before the last rotation, past its grace. ``unknown``: no token has it.
    """

    state: str
    token: AbstractToken | None


def holders_of(
    model: type[AbstractToken], found: Iterable[str], *, using: str
) -> dict[str, Holder]:
    """Find the tokens of these keys in one query."""
    conf = get_settings()
    digests = {
        key: keys.candidates(key, conf.PREFIX, conf.PEPPERS, conf.digest_version)
        for key in set(found)
    }
    wanted = [digest for candidates in digests.values() for digest in candidates]
    now = timezone.now()
    held: dict[bytes, Holder] = {}
    known = Q(digest__in=wanted) | Q(previous_digest__in=wanted)
    for token in all_rows(model, using).filter(known).order_by("pk"):
        state = EXPIRED if token.is_expired(now) else USABLE
        if token.previous_digest is not None:
            previous = _state_of_previous(token, state, now)
            held.setdefault(bytes(token.previous_digest), Holder(previous, token))
        held[bytes(token.digest)] = Holder(state, token)
    nobody = Holder(UNKNOWN, None)
    return {
        key: next((held[one] for one in candidates if one in held), nobody)
        for key, candidates in digests.items()
    }


def _state_of_previous(token: AbstractToken, state: str, now: datetime) -> str:
    in_grace = token.previous_until is not None and now < token.previous_until
    return state if in_grace or state == EXPIRED else ROTATED
