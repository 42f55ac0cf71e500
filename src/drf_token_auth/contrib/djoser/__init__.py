"""djoser: the model for ``TOKEN_MODEL``, and a serializer that adds the expiry.

The routes are in ``urls`` and ``users``.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .token_model import TokenModel

__all__ = ["TokenModel", "TokenSerializer"]


class TokenSerializer(serializers.Serializer[Any]):
    """Answer a login with the key and the expiry: for ``DJOSER["SERIALIZERS"]["token"]``."""

    auth_token = serializers.CharField(source="key", read_only=True)
    expires_at = serializers.DateTimeField(read_only=True, allow_null=True)
