"""Tokens as the API shows them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ..base_models import AbstractToken, Kind


class TokenIdField(serializers.ReadOnlyField):
    """The primary key of the project's token model: a number, a UUID or a text."""


class TokenDetailSerializer(serializers.Serializer[Any]):
    """A token as its user sees it, without its key and digest."""

    id = TokenIdField(source="pk")
    kind = serializers.ChoiceField(choices=Kind.choices, read_only=True)
    name = serializers.CharField(read_only=True)
    hint = serializers.CharField(read_only=True)
    scopes = serializers.ListField(
        child=serializers.CharField(), source="scope_list", read_only=True, allow_null=True
    )
    created_at = serializers.DateTimeField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True, allow_null=True)
    last_used_at = serializers.DateTimeField(read_only=True, allow_null=True)
    current = serializers.SerializerMethodField()

    def get_current(self, token: AbstractToken) -> bool:
        """Return whether this request was made with the token."""
        presented = getattr(self.context.get("request"), "auth", None)
        return isinstance(presented, AbstractToken) and presented.pk == token.pk


class TokenIssuedSerializer(TokenDetailSerializer):
    """A new or rotated token with its new key. No later answer contains this key."""

    token = serializers.CharField(source="key", read_only=True)


class TokenLoggedInSerializer(TokenIssuedSerializer):
    """The answer to a login: the key, then the values that a client needs."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        shown = ("token", "expires_at", "id", "kind", "name", "scopes")
        return {name: fields[name] for name in shown}
