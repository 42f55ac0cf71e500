"""``django-rest-knox``: the hex SHA-512 of the whole key, prefix included, and its beginning."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings

from .. import keys
from ..conf import Settings
from ..exceptions import MalformedKey
from .sources import Incoming, Source

__all__ = ["Knox"]

_SHA512 = re.compile(r"[0-9a-f]{128}")


class Knox(Source):
    app = "knox"
    label = "knox.AuthToken"

    def __init__(self) -> None:
        self.prefix = getattr(settings, "REST_KNOX", {}).get("TOKEN_PREFIX", "")

    def read(self, row: Any, conf: Settings) -> Incoming:
        if not _SHA512.fullmatch(row.digest):
            raise MalformedKey
        hint = row.token_key.removeprefix(self.prefix)[: keys.HINT_LENGTH]
        return Incoming([keys.knox_digest(row.digest)], hint, row.created, row.expiry)
