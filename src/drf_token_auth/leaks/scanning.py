"""Finding keys in whatever bytes: logs, dumps, source, archives of chats.

A key is told from other text by its prefix and checksum. Files are read in pieces, so neither a
large one nor one very long line takes memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from ..keys import ALPHABET, TAIL_LENGTH, looks_issued

__all__ = ["FoundKey", "find_keys", "mask_keys"]

PIECE = 1 << 20


class FoundKey(NamedTuple):
    line: int
    key: str
    prefix: str

    def __repr__(self) -> str:
        return f"<FoundKey in line {self.line}>"


def find_keys(
    stream: BinaryIO, prefixes: Iterable[str], *, piece: int = PIECE
) -> Iterator[FoundKey]:
    """Each key in the stream, in order, as often as it occurs.

    Zero bytes are overlooked, so text in UTF-16 is as good as text in UTF-8.
    """
    patterns = {prefix: _pattern(prefix) for prefix in prefixes}
    longest = max(map(len, patterns), default=0) + TAIL_LENGTH
    line, kept = 1, b""
    while read := stream.read(piece):
        text = kept + read.replace(b"\0", b"")
        found = [
            (match.end(1), match.start(1), prefix)
            for prefix, pattern in patterns.items()
            for match in pattern.finditer(text)
            # The others were found when the bytes that are kept were read.
            if match.end(1) > len(kept)
        ]
        counted = 0
        for end, start, prefix in sorted(found):
            key = text[start:end].decode("ascii")
            if looks_issued(key, prefix):
                line += text.count(b"\n", counted, start)
                counted = start
                yield FoundKey(line, key, prefix)
        # What may be the beginning of a key.
        begun = max(0, len(text) - longest + 1)
        line += text.count(b"\n", counted, begun) if begun > counted else 0
        kept = text[begun:]


def mask_keys(text: str, prefixes: Iterable[str]) -> str:
    """The text without the keys in it."""
    for prefix in prefixes:
        shape = re.compile(f"({re.escape(prefix)})[{ALPHABET}]{{{TAIL_LENGTH}}}")
        text = shape.sub(r"\1…", text)
    return text


def _pattern(prefix: str) -> re.Pattern[bytes]:
    # A look-ahead: where "tok" is the prefix, "toktok…" has two that begin.
    shape = f"(?=({re.escape(prefix)}[{ALPHABET}]{{{TAIL_LENGTH}}}))"
    return re.compile(shape.encode("ascii"))
