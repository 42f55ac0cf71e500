"""``django-rest-knox``: the SHA-512 of a key, in hex, and the key's first characters.

Version 5 hashes the text of the key, its ``TOKEN_PREFIX`` included; up to version 4 it was the
bytes that the text stands for, so 5 refuses the keys made before the upgrade.
"""

from __future__ import annotations

import hashlib
import re
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import models

from .. import keys
from ..conf import Settings
from ..exceptions import UnknownKey
from .sources import Incoming, Source, Unreadable

__all__ = ["Knox"]

_SHA512 = re.compile(r"[0-9a-f]{128}")
_SAMPLE = "00" * 32
_OF_TEXT = hashlib.sha512(_SAMPLE.encode()).hexdigest()
_OF_BYTES = hashlib.sha512(bytes.fromhex(_SAMPLE)).hexdigest()
# Of the column token_key since version 5; 8 before.
_BEGINNING = 15


class Knox(Source):
    app = "knox"

    def __init__(self) -> None:
        self.settings: dict[str, Any] = getattr(settings, "REST_KNOX", None) or {}
        swapped = getattr(settings, "KNOX_TOKEN_MODEL", "knox.AuthToken")
        self.label = self.settings.get("TOKEN_MODEL") or swapped

    def model(self) -> type[models.Model]:
        model = super().model()
        made = import_module("knox.crypto").hash_token(_SAMPLE)
        if made not in (_OF_TEXT, _OF_BYTES):
            raise Unreadable(
                "REST_KNOX['SECURE_HASH_ALGORITHM'] is not SHA-512: no key could be checked "
                "against what that makes."
            )
        self.hashes_text = made == _OF_TEXT
        self.prefix = self.settings.get("TOKEN_PREFIX", "")
        return model

    def read(self, row: Any, conf: Settings) -> Incoming:
        if not _SHA512.fullmatch(row.digest):
            raise UnknownKey
        if self.hashes_text and len(row.token_key) < _BEGINNING:
            raise UnknownKey  # of version 4, and refused since the upgrade
        hint = row.token_key.removeprefix(self.prefix)[: keys.HINT_LENGTH]
        return Incoming([keys.knox_digest(row.digest)], hint, row.created, row.expiry)
