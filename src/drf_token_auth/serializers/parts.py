"""Fields that handle any input from a client, and a serializer that refuses unknown fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.utils.html import is_html_input

from .. import keys
from ..base_models import clean_name
from ..conf.rules import SCOPES_LENGTH
from ..exceptions import UnknownScopes
from ..logins.account_name import clean_login_name, max_name_length
from ..scopes import encode_scopes

# A name and the space after it need two characters at least, so no more scopes fit into the column.
MOST_SCOPES = SCOPES_LENGTH // 2
MOST_REFUSED = 20
LONGEST_REFUSED = 64


def shortened(names: Iterable[str]) -> list[str]:
    """Return the first ``MOST_REFUSED`` names, each cut, so that the answer stays short.

    JSON can contain a lone surrogate, but an answer cannot. Replace it with a question mark.
    """
    cut = (name[:LONGEST_REFUSED] for name in islice(names, MOST_REFUSED))
    return [name.encode("utf-8", "replace").decode() for name in cut]


class LoginNameField(serializers.CharField):
    """The name of an account, in the Unicode form that Django's own login form uses."""

    def to_internal_value(self, data: Any) -> str:
        name: str = super().to_internal_value(data)
        # The length depends on the user model, which is not loaded yet in a class body. Do not
        # normalize a longer name, which could take very long.
        longest = max_name_length()
        if len(name) > longest:
            self.fail("max_length", max_length=longest)
        return clean_login_name(name)


class PasswordField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        return keys.hidden(super().to_internal_value(data))


class KeyField(serializers.CharField):
    """A key, or any other text. The lookup refuses other text like an unknown key."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # DRF would refuse NUL and lone surrogates.
        self.validators = []

    def to_internal_value(self, data: Any) -> str:
        return keys.hidden(super().to_internal_value(data))


class NameField(serializers.CharField):
    """The name of a token. Any length and content is accepted, and cleaned to fit on one line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_blank=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return clean_name(super().to_internal_value(data))


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

    def to_internal_value(self, data: Any) -> list[str]:
        names = data.split() if isinstance(data, str) else data
        # Check the length first. DRF answers with one error for each wrong item.
        if isinstance(names, list) and len(names) > MOST_SCOPES:
            self.fail("max_length", max_length=MOST_SCOPES)
        scopes = super().to_internal_value(names)
        try:
            encode_scopes(scopes)
        except UnknownScopes as error:
            refused = ", ".join(shortened(error.unknown))
            raise serializers.ValidationError(
                _("Unknown scope: %(unknown)s.") % {"unknown": refused}, code=error.code
            ) from None
        return scopes


# The item of a list in a form: "scopes[0]". DRF fails on a number with thousands of digits.
_ITEM = re.compile(r"(.+)\[[0-9]{1,4}\]")
# DRF's browsable page sends the first in each form. A JSON:API body always has the others.
_ENVELOPE = {"csrfmiddlewaretoken", "type", "id"}


class StrictSerializer(serializers.Serializer[Any]):
    """Refuse each unknown field by its name.

    If a misspelt restriction were ignored, the new token could do more than the client wanted.
    """

    def to_internal_value(self, data: Any) -> Any:
        """Return the values as DRF does.

        :raises ValidationError: a field is unknown (code ``unknown_field``) or has a wrong value.
        """
        if isinstance(data, Mapping):
            unknown = (str(name) for name in data if not self._knows(str(name), data))
            refused = shortened(unknown)
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
