"""Primary keys of the token model in URLs: a number, a UUID or a text."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from .. import get_token_model

__all__ = ["TokenIdConverter", "parse_id"]


def parse_id(text: str) -> Any:
    """The primary key that is written like this.

    :raises ValueError: no token can have it.
    """
    field: Any = get_token_model()._meta.pk
    try:
        value = field.to_python(text)
        # A number that no column can hold makes some databases fail.
        field.run_validators(value)
    except ValidationError as error:
        raise ValueError(text) from error
    # A token has one URL: "07" and "7" must not be the same page.
    if str(value) != text or "\x00" in text:
        raise ValueError(text)
    return value


class TokenIdConverter:
    regex = r"[^/]+"

    def to_python(self, value: str) -> Any:
        return parse_id(value)

    def to_url(self, value: Any) -> str:
        return str(value)
