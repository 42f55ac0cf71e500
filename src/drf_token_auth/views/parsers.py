"""The parsers of the views. They keep posted data out of error reports."""

from __future__ import annotations

import codecs
from typing import Any

from django.http import QueryDict
from rest_framework.exceptions import ParseError
from rest_framework.parsers import DataAndFiles, FormParser, JSONParser, MultiPartParser

from .. import keys

# These codecs are for domain names, but Python accepts them as codecs of text.
_OF_DOMAIN_NAMES = ("idna", "punycode")


def _hidden(value: Any) -> Any:
    if isinstance(value, QueryDict):
        hidden = QueryDict(mutable=True, encoding=value.encoding)
        for name, texts in value.lists():
            hidden.setlist(name, _hidden(texts))
        return hidden
    if isinstance(value, DataAndFiles):
        return DataAndFiles(_hidden(value.data), value.files)
    if isinstance(value, dict):
        return {name: _hidden(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_hidden(one) for one in value]
    return keys.hidden(value)


class _Hiding:
    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        charset = (parser_context or {}).get("encoding", "utf-8")
        try:
            # The client chooses the charset. encode() refuses a codec that is not for text: one
            # megabyte of "bz2" can become many gigabytes. "punycode" takes quadratic time.
            "-".encode(charset)
            if codecs.lookup(charset).name in _OF_DOMAIN_NAMES:
                raise LookupError(charset)
            return _hidden(super().parse(stream, media_type, parser_context))  # type: ignore[misc]
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
