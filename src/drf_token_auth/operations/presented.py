"""Check the presented token again, under a lock. Another request may have revoked it."""

from __future__ import annotations

from django.utils import timezone

from .. import keys, lookup
from ..base_models import AbstractToken
from ..exceptions import ReusedKey, UnknownKey
from ..managers import all_rows


def lock_presented(token: AbstractToken, using: str) -> AbstractToken:
    """Lock the row of a presented token, and check again that its key works.

    :raises Refused: the token has expired, was revoked or rotated, or its user was deactivated or
        has a new password.
    """
    rows = all_rows(type(token), using).filter(pk=token.pk).select_for_update()
    row: AbstractToken | None = next(iter(rows), None)
    if row is None:
        raise UnknownKey
    now = timezone.now()
    lookup.require_usable(row, now)
    presented = token.presented_digests or [bytes(token.digest)]
    if not keys.is_one_of(row.digest, presented) and not lookup.is_in_grace(row, presented, now):
        raise ReusedKey
    row.presented_digests = presented
    return row
