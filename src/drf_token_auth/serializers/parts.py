"""Fields that handle any input from a client, and a serializer that refuses unknown fields."""

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
        # Do not normalise a long name, which could take very long. The validator refuses it.
        too_long = self.max_length is not None and len(name) > self.max_length
        return name if too_long else clean_login_name(name)


class AnyTextField(serializers.CharField):
    """Text with any character, even NUL and lone surrogates. The caller cleans or refuses it."""

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
    """A device name. Any length and content is accepted, and cleaned to fit on one line."""

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
            # In some zones, a time on the first or last day of the calendar does not exist.
            self.fail("overflow")


class ScopesField(serializers.ListField):
    """Scopes as a list. ``null`` means everything that the user may do."""

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
# DRF's browsable page sends the first in each form. A JSON:API body always has the others.
_ENVELOPE = {"csrfmiddlewaretoken", "type", "id"}
MOST_REFUSED = 20
LONGEST_REFUSED = 64


def _shown(name: str) -> str:
    """Return the name in a form that fits into an answer. JSON can name half of a character."""
    return name[:LONGEST_REFUSED].encode("utf-8", "replace").decode()


class StrictSerializer(serializers.Serializer[Any]):
    """Refuse each unknown field by its name.

    If a misspelt restriction were ignored, the new token could do more than the client wanted.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = (str(name) for name in data if not self._knows(str(name), data))
            # Keep the answer short, even if the client sent very many names.
            refused = [_shown(name) for name in islice(unknown, MOST_REFUSED)]
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
