"""``django-rest-durin``: plaintext keys, one for each user and client, which all expire."""

from __future__ import annotations

from typing import Any

from ..conf import Settings
from .sources import Incoming, Source, plaintext

__all__ = ["Durin"]


class Durin(Source):
    app = "durin"
    label = "durin.AuthToken"
    joined = ("client",)

    def read(self, row: Any, conf: Settings) -> Incoming:
        digests, hint = plaintext(row.token, conf)
        return Incoming(digests, hint, row.created, row.expiry, row.client.name)
