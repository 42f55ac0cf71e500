"""What happens to tokens, as Django signals.

Each is sent once the change is committed, by ``send_robust``: a receiver that raises is logged
and undoes nothing. ``sender`` is the token model; ``token`` is the row as it is (or, when it is
gone, as it was), without its key. ``actor`` is the user who did it and ``request`` the request it
came with; both are ``None`` where there is none (a command, a shell, a task).
"""

from __future__ import annotations

from typing import Final

from django.dispatch import Signal

__all__ = ["token_created", "token_reused", "token_revoked", "token_rotated"]

# token, actor, request
token_created: Final = Signal()

# token, actor, request
token_rotated: Final = Signal()

# token, reason, actor, request. Reasons: logout, logout_all, others, holder, admin, password,
# limit, command, unused, reuse, replaced; deleted, where a row was deleted as any other row.
token_revoked: Final = Signal()

# token, request: the key before the last rotation was presented after its grace.
token_reused: Final = Signal()

# Not public. tokens, using: sent in the transaction in which their keys stop to work, before the
# rows are deleted or get a new key. A receiver that raises undoes the transaction.
leaving: Final = Signal()
