"""Find the tokens that leaked keys belong to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q
from django.utils import timezone

from .. import keys
from ..conf import get_settings
from ..managers import all_rows

if TYPE_CHECKING:
    from ..base_models import AbstractToken

USABLE, EXPIRED, ROTATED, UNKNOWN = "usable", "expired", "rotated", "unknown"


class Holder(NamedTuple):
    """The token of a key, or None, and the state of the key.

    ``usable``: the token has not expired. Its user may be inactive or may have a new password.
    ``expired``: the token has expired. ``rotated``: a rotation replaced the key, and the key no
    longer works. ``unknown``: no token has this key.
    """

    state: str
    token: AbstractToken | None


def holders_of(
    model: type[AbstractToken], found: Iterable[str], *, using: str
) -> dict[str, Holder]:
    """Return a dict of the found keys to their holders. This needs one query."""
    conf = get_settings()
    digests = {
        key: keys.possible_digests(key, conf.PREFIX, conf.PEPPERS, conf.digest_version)
        for key in found
    }
    families = {key: keys.family(key) for key in digests}
    wanted = [digest for candidates in digests.values() for digest in candidates]
    known = Q(digest__in=wanted) | Q(previous_digest__in=wanted)
    known |= Q(key_family__in={*families.values()} - {None})
    now = timezone.now()
    # The holders, by the digest of a key or by the family of a replaced key.
    held: dict[bytes | int | None, Holder] = {}
    for token in all_rows(model, using).filter(known).order_by("pk"):
        state = EXPIRED if token.is_expired(now) else USABLE
        replaced = EXPIRED if state == EXPIRED else ROTATED
        if token.key_family is not None:
            held[token.key_family] = Holder(replaced, token)
        if token.previous_digest is not None:
            in_grace = token.previous_until is not None and now < token.previous_until
            previous = Holder(state if in_grace else replaced, token)
            held.setdefault(token.previous_digest, previous)
        held[token.digest] = Holder(state, token)
    nobody = Holder(UNKNOWN, None)
    return {
        key: next((held[one] for one in [*digests[key], families[key]] if one in held), nobody)
        for key in digests
    }
