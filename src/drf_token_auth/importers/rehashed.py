"""Recognize imported tokens whose digest a use has replaced.

A row that is known by its SHA-256 is stored without a pepper. With a pepper, the first use of the
key stores it again under the pepper, and the SHA-256 no longer finds the row. Without another mark,
a second import would add the key again, and a logout would revoke only one of the two tokens.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import models

from .. import keys
from ..conf import get_settings
from .old_tokens import OldToken

__all__ = ["rehashed"]


def rehashed(tokens: models.QuerySet[Any], rows: Iterable[tuple[Any, OldToken]]) -> set[Any]:
    """Return (primary key of the user, ``created_at``) of the tokens that a use has rehashed.

    An import copies both values, and no use changes them. So they identify a token. Only rows that
    are known by a SHA-256 need this.

    :param rows: pairs of a user's primary key and an old token.
    :raises ImproperlyConfigured: peppers are used, and such a row has no ``created_at``.
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
    same = tokens.filter(user__in=set(users), created_at__in=set(moments) - {None})
    return {
        (user_pk, created_at)
        for user_pk, created_at, digest in same.values_list("user_id", "created_at", "digest")
        if bytes(digest)[0] not in (keys.SHA256, keys.KNOX)
    }
