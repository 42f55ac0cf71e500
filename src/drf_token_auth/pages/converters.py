"""Convert the primary key of a token, such as a number or a UUID, to a part of a URL and back."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import ValidationError

from .. import get_token_model

__all__ = ["TokenIdConverter", "parse_id"]


def parse_id(text: str) -> Any:
    """Return the primary key that this text stands for.

    :raises ValueError: no token can have this primary key.
    """
    field: Any = get_token_model()._meta.pk
    try:
        value = field.to_python(text)
        # Some databases fail on a number that the column cannot hold.
        field.run_validators(value)
    except ValidationError as error:
        raise ValueError(text) from error
    # Each token has only one URL: "07" must not lead to the page of "7".
    if str(value) != text or "\x00" in text:
        raise ValueError(text)
    return value


# The URLs of other pages have these words where the URL of a token has its id.
_ROUTES = {"new", "revoke"}


class TokenIdConverter:
    """Quote ids like the admin, because a text may contain a slash: "a/b" becomes "a_2Fb".

    The ids "new" and "revoke" become "_new" and "_revoke". No other id becomes one of these texts.
    """

    regex = r"[^/]+"

    def to_python(self, value: str) -> Any:
        is_word = value.startswith("_") and value[1:] in _ROUTES
        token_id = parse_id(value[1:] if is_word else unquote(value))
        if self.to_url(token_id) != value:
            raise ValueError(value)
        return token_id

    def to_url(self, value: Any) -> str:
        text = str(quote(str(value)))
        return f"_{text}" if text in _ROUTES else text
