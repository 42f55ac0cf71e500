"""Find keys in any bytes, such as logs, dumps and source code, and in the text of a search box.

A key is recognized by its prefix and its checksum. Files are read in pieces, so a large file or a
very long line needs little memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from ..conf import get_settings
from ..keys import ALPHABET, TAIL_LENGTH, looks_issued

PIECE = 1 << 20

# The parts of a text that can be a key, or the end of one.
_RUN = re.compile(f"[{ALPHABET}]+")
# Keys of DRF have 40 hexadecimal digits. Keys of knox and durin have 64.
_LONG_HEX = re.compile(r"[0-9a-fA-F]{40,}")
# A prefix with fewer characters after it is a name or a hint, and no key.
_LEAST_TAIL = 12


class FoundKey(NamedTuple):
    line: int
    key: str

    def __repr__(self) -> str:
        return f"<FoundKey in line {self.line}>"


def find_keys(
    stream: BinaryIO, prefixes: Iterable[str], *, piece: int = PIECE
) -> Iterator[FoundKey]:
    """Yield each occurrence of a key in the stream, in order, with its line.

    Zero bytes are ignored, so keys are found in UTF-16 as well as in UTF-8.

    :param piece: a line with more bytes than this is read in several pieces.
    """
    # Use a look-ahead because keys may overlap: with the prefix "tok", two begin in "toktok…".
    patterns = {prefix: re.compile(f"(?=({_shape(prefix)}))") for prefix in prefixes}
    longest = max(map(len, patterns), default=0) + TAIL_LENGTH
    line, kept = 1, ""
    while read := stream.readline(piece):
        text = kept + read.replace(b"\0", b"").decode("latin-1")
        found = [
            (match.end(1), match[1], prefix)
            for prefix, pattern in patterns.items()
            for match in pattern.finditer(text)
            # A key that lies in the kept text was found in the last round.
            if match.end(1) > len(kept)
        ]
        for _, key, prefix in sorted(found):
            if looks_issued(key, prefix):
                yield FoundKey(line, key)
        if read.endswith(b"\n"):
            line, kept = line + 1, ""
        else:
            # A key may begin in this text and end in the next piece.
            kept = text[-longest + 1 :]


def mask_keys(text: str, prefixes: Iterable[str]) -> str:
    """Return the text. Each part that has the shape of a key is shortened to its prefix."""
    for prefix in prefixes:
        text = re.sub(_shape(prefix), lambda key: f"{key[0][:-TAIL_LENGTH]}…", text)
    return text


def contains_key(text: str) -> bool:
    """Return whether a part of this text looks like a key or like most of a key.

    Only the first 2,000 characters are searched.
    """
    text = text[:2000]
    prefix = re.escape(get_settings().PREFIX)
    if re.search(f"(?<![{ALPHABET}]){prefix}[{ALPHABET}]{{{_LEAST_TAIL}}}", text):
        return True
    # A key with an earlier prefix still has a valid checksum.
    return any(
        _LONG_HEX.fullmatch(run) or looks_issued(run[-TAIL_LENGTH:], "")
        for run in _RUN.findall(text)
    )


def _shape(prefix: str) -> str:
    return f"{re.escape(prefix)}[{ALPHABET}]{{{TAIL_LENGTH}}}"
