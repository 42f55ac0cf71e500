"""``rest_framework.authtoken``: one plaintext key a user, which never expires."""

from __future__ import annotations

from typing import Any

from ..conf import Settings
from .sources import Incoming, Source, plaintext

__all__ = ["AuthToken"]


class AuthToken(Source):
    app = "rest_framework.authtoken"
    label = "authtoken.Token"

    def read(self, row: Any, conf: Settings) -> Incoming:
        digests, hint = plaintext(row.key, conf)
        return Incoming(digests, hint, row.created)
