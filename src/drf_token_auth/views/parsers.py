"""The parsers of the views. They keep posted data out of error reports."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from rest_framework.exceptions import ParseError
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser

from .. import keys

__all__ = ["PARSERS"]


def _hidden(value: Any) -> Any:
    if isinstance(value, QueryDict):
        hidden = QueryDict(mutable=True, encoding=value.encoding)
        for name, texts in value.lists():
            hidden.setlist(name, _hidden(texts))
        return hidden
    if isinstance(value, dict):
        return {name: _hidden(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_hidden(one) for one in value]
    return keys.hidden(value)


class HiddenJSONParser(JSONParser):
    def parse(self, *args: Any, **kwargs: Any) -> Any:
        return _hidden(super().parse(*args, **kwargs))


class HiddenFormParser(FormParser):
    def parse(self, *args: Any, **kwargs: Any) -> Any:
        return _hidden(super().parse(*args, **kwargs))


class HiddenMultiPartParser(MultiPartParser):
    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            parsed = super().parse(*args, **kwargs)
        except UnicodeError as error:  # The client names a charset that Django cannot read with.
            raise ParseError from error
        parsed.data = _hidden(parsed.data)
        return parsed


PARSERS = (HiddenJSONParser, HiddenFormParser, HiddenMultiPartParser)
