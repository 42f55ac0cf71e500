"""Django signals about the life of a token.

Each public signal is sent with ``send_robust`` after the change is committed. ``token_reused`` is
also sent after a rollback. If a receiver raises, the error is logged and nothing is undone.
Receivers get these arguments:

- ``sender``: the token model.
- ``token``: the row after the change, without its key. A deleted row is sent as it was before.
- ``reason``: a text from the list below, or a text that the project chose. Only ``token_revoked``
  has it.
- ``actor``: the user who made the change, or None if the caller names no actor. But ``issue``,
  ``replace``, ``rotate`` and the functions that change a password send the token's user in this
  case. ``token_reused`` has no actor.
- ``request``: the request that made the change, or None if the caller passes none.
"""

from __future__ import annotations

import copy
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.dispatch import Signal

if TYPE_CHECKING:
    from .base_models import AbstractToken

__all__ = ["token_created", "token_reused", "token_revoked", "token_rotated"]

# token, actor, request
token_created: Final = Signal()

# token, actor, request
token_rotated: Final = Signal()

# token, reason, actor, request. Reasons: logout, logout_all, others, holder, admin, password,
# limit, command, unused, reuse, replaced; deleted is the reason of a plain delete().
token_revoked: Final = Signal()

# token, request. Sent when a client presents a replaced key that is not in its grace.
token_reused: Final = Signal()

# Not public. tokens, using. Sent in the transaction that makes keys stop working, before the rows
# are deleted or get a new key. If a receiver raises, the transaction is rolled back.
leaving: Final = Signal()


def announce(signal: Signal, token: AbstractToken, *, using: str, **what: Any) -> None:
    """Send the signal after the commit, with a copy of the row as it is now, without its key."""
    copied = copy.copy(token)
    copied._key = None
    send = partial(signal.send_robust, sender=type(token), token=copied, **what)
    transaction.on_commit(send, using=using, robust=True)
