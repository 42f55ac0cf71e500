"""The parsers of the views. They keep posted data out of error reports."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from rest_framework.exceptions import ParseError
from rest_framework.parsers import DataAndFiles, FormParser, JSONParser, MultiPartParser

from .. import keys

__all__ = ["PARSERS"]


def _hidden(value: Any) -> Any:
    if isinstance(value, QueryDict):
        hidden = QueryDict(mutable=True, encoding=value.encoding)
        for name, texts in value.lists():
            hidden.setlist(name, _hidden(texts))
        return hidden
    if isinstance(value, DataAndFiles):
        value.data = _hidden(value.data)
        return value
    if isinstance(value, dict):
        return {name: _hidden(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_hidden(one) for one in value]
    return keys.hidden(value)


class _Hiding:
    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return _hidden(super().parse(*args, **kwargs))  # type: ignore[misc]
        except (UnicodeError, LookupError) as error:
            # The charset is unknown, is not for text (such as "hex"), or does not fit the body.
            raise ParseError from error


class HiddenJSONParser(_Hiding, JSONParser):
    pass


class HiddenFormParser(_Hiding, FormParser):
    pass


class HiddenMultiPartParser(_Hiding, MultiPartParser):
    pass


PARSERS = (HiddenJSONParser, HiddenFormParser, HiddenMultiPartParser)
