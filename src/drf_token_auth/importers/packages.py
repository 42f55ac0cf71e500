"""The packages whose tokens can be imported, by the names that the command accepts.

``rest_framework.authtoken`` stores one plaintext key for each user. Its tokens never expire. durin
stores one plaintext key for each user and client. Its tokens always expire.

knox stores the hexadecimal SHA-512 of a key, and the key's beginning. Its version 5 hashes the text
of the key, including ``TOKEN_PREFIX``. Version 4 hashed the bytes that the hexadecimal text stands
for. Version 5 therefore refuses keys from version 4.
"""

from __future__ import annotations

import hashlib
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import models

from .. import keys
from ..exceptions import UnknownKey
from .old_tokens import OldToken
from .sources import Source, Unreadable

__all__ = ["SOURCES"]

_SAMPLE = "00" * 32
_OF_TEXT = hashlib.sha512(_SAMPLE.encode()).hexdigest()
_OF_BYTES = hashlib.sha512(bytes.fromhex(_SAMPLE)).hexdigest()
# The length of token_key since version 5. It was 8 before.
_BEGINNING = 15


class AuthToken(Source):
    app = "rest_framework.authtoken"
    label = "authtoken.Token"

    def read(self, row: Any) -> OldToken:
        return OldToken(user=row.user_id, key=row.key, created_at=row.created)


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
                "REST_KNOX['SECURE_HASH_ALGORITHM'] must be SHA-512, which is knox's default. "
                "Tokens hashed by another algorithm cannot be imported: their users log in again."
            )
        self.hashes_text = made == _OF_TEXT
        self.prefix = self.settings.get("TOKEN_PREFIX", "")
        return model

    def read(self, row: Any) -> OldToken:
        if self.hashes_text and len(row.token_key) < _BEGINNING:
            raise UnknownKey  # Version 4 created this key, and version 5 refuses it.
        return OldToken(
            user=row.user_id,
            sha512=row.digest,
            hint=row.token_key.removeprefix(self.prefix)[: keys.HINT_LENGTH],
            created_at=row.created,
            expires_at=row.expiry,
        )


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


SOURCES: dict[str, type[Source]] = {"authtoken": AuthToken, "knox": Knox, "durin": Durin}
