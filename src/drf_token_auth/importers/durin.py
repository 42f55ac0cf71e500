"""Read ``django-rest-durin``. It stores one plaintext key for each user and client. All expire."""

from __future__ import annotations

from typing import Any

from .old_tokens import OldToken
from .sources import Source

__all__ = ["Durin"]


class Durin(Source):
    app = "durin"
    label = "durin.AuthToken"
    joined = ("client",)

    def read(self, row: Any) -> OldToken:
        return OldToken(
            user=row.user_id,
            key=row.token,
            name=row.client.name,
            created_at=row.created,
            expires_at=row.expiry,
        )
