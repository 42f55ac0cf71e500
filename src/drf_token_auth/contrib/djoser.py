"""djoser: ``DJOSER = {"TOKEN_MODEL": "drf_token_auth.contrib.djoser.TokenModel"}``."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .. import get_token_model, operations
from ..base_models import AbstractToken

__all__ = ["TokenModel", "TokenSerializer"]


class _LoginTokens:
    """The part of a manager that djoser calls."""

    def get_or_create(self, user: Any) -> tuple[AbstractToken, bool]:
        """Always a new one: the key of an older one can't be shown again."""
        from ..views.errors import issue_or_refuse

        return issue_or_refuse(user), True

    def filter(self, user: Any) -> _TokensOf:
        return _TokensOf(user)


class _TokensOf:
    def __init__(self, user: Any) -> None:
        self.user = user

    def delete(self) -> int:
        """djoser's logout ends all the user's tokens; those for scripts are no part of a login."""
        return operations.revoke_all(self.user, reason="logout_all", actor=self.user)


class _TokenModelType(type):
    def __getattr__(cls, name: str) -> Any:
        return getattr(get_token_model(), name)


class TokenModel(metaclass=_TokenModelType):
    """The token model in use, with the manager that djoser expects."""

    objects = _LoginTokens()


class TokenSerializer(serializers.Serializer[Any]):
    """djoser's answer to a login, with the expiry: for ``DJOSER["SERIALIZERS"]["token"]``."""

    auth_token = serializers.CharField(source="key", read_only=True)
    expires_at = serializers.DateTimeField(read_only=True, allow_null=True)
