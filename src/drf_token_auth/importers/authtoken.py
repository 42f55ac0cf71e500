"""Read ``rest_framework.authtoken``. It stores one plaintext key for each user. No key expires."""

from __future__ import annotations

from typing import Any

from .old_tokens import OldToken
from .sources import Source

__all__ = ["AuthToken"]


class AuthToken(Source):
    app = "rest_framework.authtoken"
    label = "authtoken.Token"

    def read(self, row: Any) -> OldToken:
        return OldToken(user=row.user_id, key=row.key, created_at=row.created)
