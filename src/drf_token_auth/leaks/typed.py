"""Recognise a key in the text that a user typed into a search box."""

from __future__ import annotations

import re

from .. import keys
from ..conf import get_settings

__all__ = ["contains_key"]

_WORD = re.compile(r"[^\s\"'<>,;=]+")
# Keys of DRF have 40 hexadecimal digits. Keys of knox and durin have 64.
_LONG_HEX = re.compile(r"[0-9a-fA-F]{40,}")
# A shorter word that begins with the prefix is a name or a hint.
_LEAST_TAIL = 12


def contains_key(text: str) -> bool:
    """Return True if a word of this text looks like a key or like most of a key."""
    prefix = get_settings().PREFIX
    return any(_looks_like_key(word, prefix) for word in _WORD.findall(text[:2000]))


def _looks_like_key(word: str, prefix: str) -> bool:
    if prefix and word.startswith(prefix) and len(word) >= len(prefix) + _LEAST_TAIL:
        return True
    if _LONG_HEX.fullmatch(word):
        return True
    # A key with an earlier prefix still has a valid checksum.
    return len(word) >= keys.TAIL_LENGTH and keys.looks_issued(word[-keys.TAIL_LENGTH :], "")
