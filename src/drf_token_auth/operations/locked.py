"""Lock what an operation changes, and read it again. Another request may have changed it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import router
from django.utils import timezone

from .. import get_token_model, keys, lookup
from ..base_models import AbstractToken
from ..exceptions import ReusedKey, UnknownKey
from ..managers import TokenQuerySet, all_rows
from ..rows.locking import lock_user, locking_transaction, read_latest


@contextmanager
def locked_user(
    user_pk: Any, *, model: type[AbstractToken] | None = None, using: str | None = None
) -> Iterator[tuple[Any, TokenQuerySet[Any]]]:
    """Open a transaction and lock the user's row.

    :returns: a pair for ``as``: the user as stored now, or None, and a queryset of the user's
        usable tokens.
    """
    model = model or get_token_model()
    using = using or router.db_for_write(model)
    with locking_transaction(using=using):
        user = lock_user(model, user_pk, using=using)
        yield user, read_latest(all_rows(model, using).usable().filter(user_id=user_pk))


@contextmanager
def locked_presented(token: AbstractToken) -> Iterator[AbstractToken]:
    """Open a transaction, lock the user's row, and do what :func:`lock_presented` does."""
    model = type(token)
    using = router.db_for_write(model, instance=token)
    with locked_user(token.user_id, model=model, using=using):
        yield lock_presented(token, using)


def lock_presented(token: AbstractToken, using: str) -> AbstractToken:
    """Lock the row of a presented token, and check again that its key works.

    :returns: the row as it is now.
    :raises Refused: the token has expired or was revoked, its key was replaced and is not in its
        grace, or its user was deactivated or has a new password.
    """
    rows = all_rows(type(token), using).filter(pk=token.pk).select_for_update()
    row: AbstractToken | None = next(iter(rows), None)
    if row is None:
        raise UnknownKey
    now = timezone.now()
    lookup.require_usable(row, now)
    presented = token.presented_digests or [token.digest]
    if not keys.is_one_of(row.digest, presented) and not lookup.is_in_grace(row, presented, now):
        raise ReusedKey
    row.presented_digests = presented
    return row
