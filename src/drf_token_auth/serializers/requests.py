"""The bodies of all requests except the login."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from ..base_models import Kind
from ..conf.rules import LONGEST
from .parts import ExpiryField, KeyField, NameField, ScopesField, StrictSerializer, shortened


class TokenNameSerializer(serializers.Serializer[Any]):
    """A new name for a token. A client can change only the name."""

    name = NameField()


class TokenPersonalSerializer(StrictSerializer):
    """A request for a personal token. Unknown fields are refused by their names."""

    name = NameField()
    scopes = ScopesField(required=False, allow_null=True, allow_empty=False)
    ttl = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=int(LONGEST.total_seconds()),
        help_text=_("Lifetime in seconds; null for a token that never expires."),
    )
    expires_at = ExpiryField(
        required=False, allow_null=True, help_text=_("A date and time, instead of ttl.")
    )
    kind = serializers.CharField(required=False)

    def validate_ttl(self, seconds: int | None) -> timedelta | None:
        """Return the lifetime, or None for a token that never expires."""
        return None if seconds is None else timedelta(seconds=seconds)

    def validate_expires_at(self, moment: datetime | None) -> timedelta | None:
        """Return the time that is left until this moment, or None for never.

        :raises ValidationError: the moment is past, or more than 100 years away.
        """
        left = None if moment is None else moment - timezone.now()
        if left is not None and not timedelta(0) < left <= LONGEST:
            text = _("Give a time in the future, at most 100 years from now.")
            raise serializers.ValidationError(text)
        return left

    def validate_kind(self, kind: str) -> str:
        """Return the kind, which must be ``personal``, because only a login makes login tokens.

        :raises ValidationError: it is another kind.
        """
        if kind != Kind.PERSONAL:
            [shown] = shortened([kind])
            serializers.ChoiceField(choices=[]).fail("invalid_choice", input=shown)
        return kind

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the values, with the lifetime in ``ttl`` if the client gave one.

        :raises ValidationError: both ``ttl`` and ``expires_at`` have a value.
        """
        # An empty field of a form is null, which means "never". If one field has a value, use it.
        given = [attrs.pop(name) for name in ("ttl", "expires_at") if name in attrs]
        lifetimes = [lifetime for lifetime in given if lifetime is not None]
        if len(lifetimes) > 1:
            text = _("Give ttl or expires_at, not both.")
            raise serializers.ValidationError({"expires_at": [text]})
        if given:
            attrs["ttl"] = lifetimes[0] if lifetimes else None
        return attrs


class TokenNothingSerializer(serializers.Serializer[Any]):
    """An empty body. DRF's pages and schemas need a serializer for each view."""


class TokenLogoutSerializer(serializers.Serializer[Any]):
    """The body of ``logout/all/`` and ``logout/others/``."""

    personal = serializers.BooleanField(
        default=False, help_text=_("Also revoke the personal tokens.")
    )

    @property
    def kinds(self) -> list[str]:
        """Return the kinds of tokens to revoke. Call ``is_valid()`` first."""
        return [Kind.LOGIN, Kind.PERSONAL] if self.validated_data["personal"] else [Kind.LOGIN]


class TokenRevokeSerializer(serializers.Serializer[Any]):
    """The body of ``revoke/`` (RFC 7009 2.1). A ``token_type_hint`` is ignored."""

    token = KeyField(write_only=True, trim_whitespace=False)
