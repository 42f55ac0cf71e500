"""What the serializers are made of: fields for whatever a client may send, and their bases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.utils.html import is_html_input

from .. import keys
from ..base_models import clean_name
from ..exceptions import UnknownScopes
from ..scopes import encode_scopes

__all__ = [
    "KeyField",
    "NameField",
    "NamedSerializer",
    "PasswordField",
    "ScopesField",
    "StrictSerializer",
]


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


class NamedSerializer(serializers.Serializer[Any]):
    """Called in a schema what ``Meta.ref_name`` says; a subclass without one, by its own name.

    Other packages have a ``LoginSerializer`` and a ``TokenSerializer`` too, and a schema has one
    component of a name.
    """

    Meta: ClassVar[type[Any]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "Meta" not in vars(cls):
            own_name = cls.__name__.removesuffix("Serializer")
            cls.Meta = type("Meta", (cls.Meta,), {"ref_name": own_name})


# What a form names the items of a list.
_ITEM = re.compile(r"(.+)\[[0-9]+\]")


class StrictSerializer(NamedSerializer):
    """Refuses each field that it does not have by its name: a restriction that is misspelt, and so
    left out, would make a token that may do more.
    """

    class Meta:
        ref_name = "TokenStrict"

    refusal: Any = _("There is no such field.")
    refusal_code = "unknown_field"

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = {name: [self.refusal] for name in data if not self._has(name, data)}
            if unknown:
                raise serializers.ValidationError(unknown, code=self.refusal_code)
        return super().to_internal_value(data)

    def _has(self, name: Any, data: Mapping[Any, Any]) -> bool:
        if not is_html_input(data):
            return name in self.fields
        item = _ITEM.fullmatch(name)
        if item is not None:
            return isinstance(self.fields.get(item[1]), serializers.ListField)
        # The last comes with the form on DRF's page.
        return name in self.fields or name == "csrfmiddlewaretoken"
