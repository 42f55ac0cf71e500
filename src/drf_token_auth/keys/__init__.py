"""The text of a key, and its digest.

A key is ``prefix + 30 random base62 characters + 6 base62 digits of their CRC-32``. It has 178
random bits, and all its characters are in the alphabet of RFC 6750 2.1. The checksum adds no
security. With it, a mistyped or invented key is refused without a query, and a secret scanner can
be sure that it found a key.

All keys that rotations of one token make are a family: the last eight of their random characters
are the same. So the row needs one number to recognize each of them. To find the current key, a
person with an earlier key must guess the other 22 characters, which are 131 bits (OWASP ASVS 7.2.3
asks for 128). A person without such a key can only try to make us report a reuse. For this, the
person must guess the eight characters, which are 47 bits. Each guess needs a request.

A digest is one version byte and 32 bytes of a hash. The hash is fast on purpose. A slow hash
protects secrets that can be guessed, and 178 random bits cannot be guessed (OWASP ASVS 6.5.2).
The server would pay for a slow hash on each request, also when an attacker sends invented keys.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Iterable, Mapping
from typing import TypeVar

from ..exceptions import MalformedKey, UnusableKey, WrongChecksum

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
SECRET_LENGTH = 30
CHECKSUM_LENGTH = 6
FAMILY_LENGTH = 8
# The checksum is computed on each request. Two digits at a time are faster than one.
_PAIRS = [high + low for high in ALPHABET for low in ALPHABET]
TAIL_LENGTH = SECRET_LENGTH + CHECKSUM_LENGTH
MAX_LENGTH = 255
HINT_LENGTH = 4

DIGEST_SIZE = 33
# The version bytes of digests. A version from 1 to 127 is the id of a pepper.
SHA256 = 0
UNISSUED = 254
KNOX = 255

# Keys of knox 4 are hexadecimal digits, 64 of them by default.
_HEX = re.compile(r"(?:[0-9a-f]{2}){16,}")


class HiddenText(str):
    """Text whose ``repr`` hides it. Django's error page shows the ``repr`` of local variables."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<hidden>"


# An error of DRF shows a client the name of a value's type, which should be "str".
HiddenText.__name__ = "str"

_T = TypeVar("_T")


def hidden(text: _T) -> _T | HiddenText:
    """Return the text as :class:`HiddenText`. Bytes become text. Other values stay as they are."""
    if isinstance(text, bytes):
        # Latin-1 decodes any byte. Text that is not ASCII is refused later.
        return HiddenText(text.decode("latin-1"))
    return HiddenText(text) if isinstance(text, str) else text


def generate(prefix: str) -> str:
    """Return a new random key that begins with ``prefix``."""
    secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
    return f"{prefix}{secret}{checksum(secret)}"


def checksum(secret: str) -> str:
    """Return the CRC-32 of a key's 30 random characters, as six base62 digits."""
    high, low = divmod(zlib.crc32(secret.encode("ascii")), len(_PAIRS))
    high, middle = divmod(high, len(_PAIRS))
    return _PAIRS[high] + _PAIRS[middle] + _PAIRS[low]


def _has_own_shape(key: str, prefix: str) -> bool:
    tail = key[len(prefix) :]
    return len(tail) == TAIL_LENGTH and key.startswith(prefix) and tail.isalnum()


def _checksum_holds(key: str) -> bool:
    # A timing attack learns nothing here, because the checksum depends only on the client's text.
    return checksum(key[-TAIL_LENGTH:-CHECKSUM_LENGTH]) == key[-CHECKSUM_LENGTH:]


def looks_issued(key: str, prefix: str) -> bool:
    """Return whether the key has the shape of a generated key, this prefix and a right checksum."""
    return key.isascii() and _has_own_shape(key, prefix) and _checksum_holds(key)


def family(key: str) -> int | None:
    """Return the number of a generated key's family, for any prefix. Other keys have no family."""
    if not looks_issued(key, key[:-TAIL_LENGTH]):
        return None
    number = 0
    for character in key[-FAMILY_LENGTH - CHECKSUM_LENGTH : -CHECKSUM_LENGTH]:
        number = number * len(ALPHABET) + ALPHABET.index(character)
    return number


def in_family(key: str, number: int | None) -> str:
    """Return the new key with the characters of this family.

    Without a number, or for a key of another shape, return the key unchanged.
    """
    if number is None or family(key) is None:
        return key
    shared = ""
    for _ in range(FAMILY_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        shared = ALPHABET[digit] + shared
    start = key[: -FAMILY_LENGTH - CHECKSUM_LENGTH] + shared
    return start + checksum(start[-SECRET_LENGTH:])


def _is_presentable(key: str) -> bool:
    # A key with a space fits into no header, but tests written for DRF's tokens create such keys.
    return 0 < len(key) <= MAX_LENGTH and key.isascii() and key.isprintable()


def require_presentable(key: str | None) -> str:
    """Return the key itself, if it has 1 to ``MAX_LENGTH`` printable ASCII characters.

    :raises MalformedKey: it has other characters, or is empty or too long.
    """
    if not isinstance(key, str) or not _is_presentable(key):
        raise MalformedKey
    return key


def require_storable(key: object, prefix: str) -> str:
    """Return the key itself, if a request can present it later.

    :raises UnusableKey: the key is malformed, or has the shape of a generated key and a wrong
        checksum.
    """
    if not isinstance(key, str) or not _is_presentable(key):
        raise UnusableKey(f"A key must have 1 to {MAX_LENGTH} printable ASCII characters.")
    if _has_own_shape(key, prefix) and not _checksum_holds(key):
        raise UnusableKey(
            f"The key looks like a generated key {prefix}…, but its checksum is wrong. Write "
            "key=Token.generate_key()."
        )
    return key


def hint(key: str, prefix: str) -> str:
    """Return the first ``HINT_LENGTH`` characters after the prefix.

    A person recognizes a token by them in a list. The hint of a short key is empty, because it
    would reveal too much of the key.
    """
    tail = key.removeprefix(prefix)
    return tail[:HINT_LENGTH] if len(tail) >= 5 * HINT_LENGTH else ""


def digest(key: str, version: int, pepper: bytes = b"") -> bytes:
    """Return the digest of a key: ``DIGEST_SIZE`` bytes, the first of which is the version.

    :param version: 0 for no pepper, or the id of the pepper, from 1 to 127.
    """
    data = key.encode("ascii")
    if version == SHA256:
        return b"\x00" + hashlib.sha256(data).digest()
    return bytes([version]) + hmac.digest(pepper, data, "sha256")


def knox_digest(hex_sha512: str) -> bytes:
    """Return the digest of a key, made from the key's SHA-512 in hexadecimal digits."""
    return bytes([KNOX]) + hashlib.sha256(hex_sha512.encode("ascii")).digest()


def unissued() -> bytes:
    """Return a unique random digest that belongs to no key. No request ever finds its row."""
    return bytes([UNISSUED]) + secrets.token_bytes(DIGEST_SIZE - 1)


def possible_digests(
    key: str | None, prefix: str, peppers: Mapping[int, bytes], current: int = SHA256
) -> list[bytes]:
    """Return the digests this key can be stored under. The first is under the current version.

    :param peppers: the known peppers by their id.
    :param current: the version that hashes new keys: the id of a pepper, or 0.
    :returns: a list of digests, each of ``DIGEST_SIZE`` bytes. It is never empty.
    :raises MalformedKey, WrongChecksum: no row can have this key, so no query is needed.
    """
    key = require_presentable(key)
    own = _has_own_shape(key, prefix)
    if own and not _checksum_holds(key):
        raise WrongChecksum
    found = [digest(key, current, peppers.get(current, b""))]
    if peppers:
        others = [version for version in (SHA256, *peppers) if version != current]
        found += [digest(key, version, peppers.get(version, b"")) for version in others]
    if not own:  # Keys of knox have another shape than our own.
        found.append(knox_digest(hashlib.sha512(key.encode("ascii")).hexdigest()))
        if _HEX.fullmatch(key):
            # knox 4 hashes the bytes that the hexadecimal digits stand for. knox 5 hashes the text.
            found.append(knox_digest(hashlib.sha512(bytes.fromhex(key)).hexdigest()))
    return found


def is_one_of(stored: bytes | None, digests: Iterable[bytes]) -> bool:
    """Return whether the digest is one of these. Compare in constant time (OWASP ASVS 11.2.4)."""
    return stored is not None and any(
        hmac.compare_digest(bytes(stored), digest) for digest in digests
    )
