"""Rows that are stored as they are: no key, no limit, no signal."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from django.db import models

from drf_token_auth import keys


def store(tokens: Iterable[Any], *, using: str | None = None) -> list[Any]:
    """Insert these tokens as Django does. A token without a digest gets one that no key has."""
    rows = list(tokens)
    for token in rows:
        if token.digest[0] == keys.UNISSUED:
            token.digest = bytes([keys.SHA256]) + secrets.token_bytes(keys.DIGEST_SIZE - 1)
    return models.QuerySet(type(rows[0]), using=using).bulk_create(rows) if rows else []
