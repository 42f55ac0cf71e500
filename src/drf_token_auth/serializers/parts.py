"""Fields for whatever a client may send, and the base of the serializer that refuses the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.utils.html import is_html_input

from .. import keys
from ..base_models import clean_name
from ..exceptions import UnknownScopes
from ..login_name import clean_login_name
from ..scopes import encode_scopes

__all__ = [
    "ExpiryField",
    "KeyField",
    "LoginNameField",
    "NameField",
    "PasswordField",
    "ScopesField",
    "StrictSerializer",
]


class LoginNameField(serializers.CharField):
    """The name of an account, in the Unicode form that Django's own login form uses."""

    def to_internal_value(self, data: Any) -> str:
        name: str = super().to_internal_value(data)
        # The validator refuses a longer name. Normalising it first could take very long.
        too_long = self.max_length is not None and len(name) > self.max_length
        return name if too_long else clean_login_name(name)


class AnyTextField(serializers.CharField):
    """Text with any character, NUL and lone surrogates too. Its reader cleans or refuses it."""

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
    """A device name of any length and content, cleaned to fit one line of a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_blank=True, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        value = super().run_validation(data)
        return clean_name(value) if isinstance(value, str) else value


class ExpiryField(serializers.DateTimeField):
    def enforce_timezone(self, value: Any) -> Any:
        try:
            return super().enforce_timezone(value)
        except OverflowError:
            # At either end of the calendar the time does not exist in every zone.
            self.fail("overflow")


class ScopesField(serializers.ListField):
    """Scopes as a list. ``null`` stands for all that the user may do."""

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


# The item of a list in a form: "scopes[0]".
_ITEM = re.compile(r"(.+)\[[0-9]+\]")
# DRF's page sends the first in each form. A JSON:API body always has the others.
_ENVELOPE = {"csrfmiddlewaretoken", "type", "id"}
MOST_REFUSED = 20
LONGEST_REFUSED = 64


class StrictSerializer(serializers.Serializer[Any]):
    """Refuse each unknown field by its name.

    A restriction that is misspelt and therefore ignored would make a token that may do more.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = (str(name) for name in data if not self._knows(str(name), data))
            # A short answer, however many names were sent.
            refused = [name[:LONGEST_REFUSED] for name in islice(unknown, MOST_REFUSED)]
            if refused:
                text = _("There is no such field.")
                raise serializers.ValidationError(
                    {name: [text] for name in refused}, code="unknown_field"
                )
        return super().to_internal_value(data)

    def _knows(self, name: str, data: Mapping[Any, Any]) -> bool:
        if name in self.fields or name in _ENVELOPE:
            return True
        item = _ITEM.fullmatch(name) if is_html_input(data) else None
        return item is not None and isinstance(self.fields.get(item[1]), serializers.ListField)
