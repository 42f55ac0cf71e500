"""Describe a row of an old token table in the terms of this package."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import models

from .. import keys
from ..conf import get_settings
from ..exceptions import UnknownKey

__all__ = ["OldToken", "digests_of", "rehashed"]

_HEX = re.compile(r"[0-9a-f]+")
_SHA256_LENGTH = 64
_SHA512_LENGTH = 128


@dataclass(frozen=True, kw_only=True)
class OldToken:
    """The data of one old token.

    Give exactly one of ``key``, ``sha256`` and ``sha512``. The ``repr`` shows none of the three.

    :param user: the user, or the user's primary key.
    :param key: the key that the client sends, as text.
    :param sha256: the SHA-256 of the key, as 64 hexadecimal digits.
    :param sha512: the SHA-512 of the key, as 128 hexadecimal digits, as knox stores it.
    :param name: the name of the token in lists. By default, it is the name given to the import.
    :param hint: the first characters of the key. Give it only if the key itself is unknown.
    :param created_at: when the token was created. By default, it is the time of the import. It is
        required with ``sha256`` while ``PEPPER`` is set.
    :param expires_at: when the old app stops accepting the token, or None if it never expires.
    :param kind: "login" or "personal". By default, it is the kind given to the import.
    """

    user: Any
    key: str = field(default="", repr=False)
    sha256: str = field(default="", repr=False)
    sha512: str = field(default="", repr=False)
    name: str = ""
    hint: str = ""
    created_at: datetime | None = None
    expires_at: datetime | None = None
    kind: str = ""

    def digests(self) -> list[bytes]:
        """Return the digests that the new token can have. A new row gets the first one.

        :raises Refused, TypeError: as :func:`digests_of`.
        """
        return digests_of(key=self.key, sha256=self.sha256, sha512=self.sha512)

    def shown_hint(self) -> str:
        """Return the hint of the key, by which a person recognizes the token."""
        return keys.hint(self.key, get_settings().PREFIX) if self.key else self.hint


def digests_of(*, key: str = "", sha256: str = "", sha512: str = "") -> list[bytes]:
    """Return the digests under which this package may store an old key.

    Use it to find the new row of an old one: ``Token.objects.filter(digest__in=digests_of(…))``.
    Give exactly one of the three arguments. A ``key`` has one digest without a pepper, one for each
    pepper, and possibly more for knox. A hash has only one. While ``PEPPER`` is set, the first use
    of a key stores another digest. After that, ``sha256`` no longer finds the row.

    :param key: the key itself, as ``rest_framework.authtoken`` and durin store it.
    :param sha256: the SHA-256 of the key, as 64 hexadecimal digits.
    :param sha512: the ``digest`` of a knox row: 128 hexadecimal digits.
    :returns: a list of digests, of 33 bytes each.
    :raises Refused: no request can present such a key, so no row has it. It is also raised if no
        argument is given, or if a hash has another length or other characters.
    :raises TypeError: several arguments are given.
    """
    if len([given for given in (key, sha256, sha512) if given]) > 1:
        raise TypeError("Give one of key, sha256 and sha512, not several.")
    if sha512:
        return [keys.knox_digest(_hexadecimal(sha512, _SHA512_LENGTH))]
    if sha256:
        return [bytes([keys.SHA256]) + bytes.fromhex(_hexadecimal(sha256, _SHA256_LENGTH))]
    conf = get_settings()
    return keys.possible_digests(key, conf.PREFIX, conf.PEPPERS, conf.digest_version)


def rehashed(tokens: models.QuerySet[Any], rows: Iterable[tuple[Any, OldToken]]) -> set[Any]:
    """Return pairs (user's primary key, ``created_at``) of the tokens that a use has rehashed.

    If only the SHA-256 of a key is known, the import stores a digest without a pepper. While
    ``PEPPER`` is set, the first use of the key replaces this digest. The SHA-256 then no longer
    finds the row, so a second import would add the key again. A logout would then revoke only one
    of the two tokens. The pair still finds the row: an import copies both values, and no use
    changes them.

    :param tokens: the rows of the token model.
    :param rows: pairs of a user's primary key and an old token.
    :raises ImproperlyConfigured: ``PEPPER`` is set, and an old token with a ``sha256`` has no
        ``created_at``.
    """
    conf = get_settings()
    marks = [(user_pk, old.created_at) for user_pk, old in rows if old.sha256]
    if not (marks and conf.PEPPERS):
        return set()
    if conf.PEPPER is not None and None in {created_at for _, created_at in marks}:
        raise ImproperlyConfigured(
            "While DRF_TOKEN_AUTH['PEPPER'] is set, an OldToken needs created_at with its sha256. "
            "Another import uses created_at to recognize a token that has been used."
        )
    users, moments = zip(*marks, strict=True)
    same = tokens.filter(user__in=set(users), created_at__in=set(moments))
    return {
        (user_pk, created_at)
        for user_pk, created_at, digest in same.values_list("user_id", "created_at", "digest")
        if bytes(digest)[0] not in (keys.SHA256, keys.KNOX)
    }


def _hexadecimal(text: str, length: int) -> str:
    text = text.lower()
    if len(text) != length or not _HEX.fullmatch(text):
        raise UnknownKey
    return text
