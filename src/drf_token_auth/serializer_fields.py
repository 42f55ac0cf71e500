"""The fields of the serializers: what a client may send, whatever it is, made fit to be stored."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from . import keys
from .base_models import clean_name
from .exceptions import UnknownScopes
from .scopes import encode_scopes

__all__ = ["KeyField", "NameField", "PasswordField", "ScopesField"]


class AnyTextField(serializers.CharField):
    """Text with whatever is in it, NUL and lone surrogates too: its user cleans or refuses it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators = []


class PasswordField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        return keys.hidden(super().to_internal_value(data))


class KeyField(AnyTextField):
    def to_internal_value(self, data: Any) -> str:
        return keys.hidden(super().to_internal_value(data))


class NameField(AnyTextField):
    """A name of any length and content, made fit for one line of a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_blank=True, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        value = super().run_validation(data)
        return clean_name(value) if isinstance(value, str) else value


class ScopesField(serializers.ListField):
    """The scopes as a list; null is all the user may do."""

    child = serializers.CharField()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, allow_empty=False, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        scopes = super().to_internal_value(data.split() if isinstance(data, str) else data)
        try:
            encode_scopes(scopes)
        except UnknownScopes as error:
            raise serializers.ValidationError(
                _("Unknown scope: %(unknown)s.") % {"unknown": ", ".join(error.unknown)},
                code=error.code,
            ) from None
        return scopes
