"""Change a user's password, keep one token, and revoke the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .. import keys, passwords
from ..base_models import AbstractToken
from ..conf import get_settings
from ..managers import all_rows
from .arguments import require_user
from .locked import locked_user


def change_password(
    user: Any,
    password: str | None,
    *,
    keep: AbstractToken | None = None,
    request: Any = None,
    actor: Any = None,
) -> None:
    """Save the user's new password, keep one token, and revoke the others in one transaction.

    The others are the user's tokens of the kinds in ``PASSWORD_BOUND`` (OWASP ASVS 7.4.3).

    :param password: the new password, or None for an unusable one.
    :param keep: usually ``request.auth``. If it is not a token of this user, no token is kept.
    :param request, actor: for ``token_revoked``. The actor is the user, unless you name another.
    :raises TypeError: ``user`` is no user.
    :raises DatabaseError: the user's row was deleted meanwhile.
    """
    require_user("change_password", user)
    # Hide the password, because error reports show the local variables of each function.
    password = keys.hidden(password)
    with changing_password(user, keep=keep, request=request, actor=actor):
        user.set_password(password)
        user.save(update_fields=["password"])


@contextmanager
def changing_password(
    user: Any, *, keep: Any = None, request: Any = None, actor: Any = None
) -> Iterator[None]:
    """Wrap code that saves the new password itself, and do the rest of :func:`change_password`.

    The arguments are as for :func:`change_password`. If the code raises, the transaction is
    rolled back.
    """
    require_user("changing_password", user)
    with locked_user(user.pk):
        yield
        keep_through_change(user, keep, request=request, actor=actor)


def keep_through_change(user: Any, keep: Any, *, request: Any = None, actor: Any = None) -> None:
    """Keep one token of the user after a new password was saved, and revoke the user's others.

    The arguments, and the tokens that are revoked, are as for :func:`change_password`.
    """
    require_user("keep_through_change", user)
    with locked_user(user.pk) as (stored, tokens):
        current = passwords.stamp(stored)
        bound = tokens.filter(kind__in=get_settings().PASSWORD_BOUND)
        others = bound.exclude(user_stamp=current)
        if isinstance(keep, AbstractToken) and keep.user_id == user.pk:
            others = others.exclude(pk=keep.pk)
            # A server with another PASSWORD_BOUND may have bound the token. It must work there too.
            if keep.is_password_bound or keep.user_stamp is not None:
                keep.user_stamp = current
                # Filter by the primary key alone. With the user as well, MariaDB may lock the
                # index of users first, and a deletion of the row locks that index last.
                rows = all_rows(tokens.model, tokens.db)
                rows.filter(pk=keep.pk).update(user_stamp=current)
        others.revoke(reason="password", actor=actor or user, request=request)
