"""Revoke a token, or all tokens of a user."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import router

from .. import get_token_model
from ..base_models import AbstractToken
from ..managers import all_rows
from ..rows.kinds import Kind, require_kinds
from ..rows.locking import lock_user, locking_transaction, read_latest
from .arguments import require_token, require_user


def revoke(
    token: AbstractToken, *, reason: str = "logout", request: Any = None, actor: Any = None
) -> bool:
    """Revoke the token at once: delete its row and send ``token_revoked`` (OWASP ASVS 7.4.1).

    :param reason: the text that ``token_revoked`` and the log show, as in :mod:`signals`.
    :param request, actor: for ``token_revoked``.
    :returns: False if the token was already revoked or had expired.
    :raises TypeError: ``token`` is not a token, but a key or None.
    """
    require_token("revoke", token)
    return token.revoke(reason=reason, actor=actor, request=request)


def revoke_all(
    user: Any,
    *,
    reason: str = "logout_all",
    kinds: Iterable[str] = (Kind.LOGIN,),
    keep: AbstractToken | None = None,
    request: Any = None,
    actor: Any = None,
) -> int:
    """Revoke the user's usable tokens of these kinds in one transaction (OWASP ASVS 7.4.5).

    :param reason: the text that ``token_revoked`` and the log show, as in :mod:`signals`.
    :param kinds: a list of "login" and "personal".
    :param keep: a token that is not revoked, usually ``request.auth``.
    :param request, actor: for ``token_revoked``.
    :returns: how many tokens were revoked.
    :raises TypeError: ``user`` is no user.
    :raises ValueError: a kind does not exist, or ``kinds`` is text instead of a list.
    """
    require_user("revoke_all", user)
    # A plain string would be treated as a list of letters. Refuse it with a clear message.
    if isinstance(kinds, str):
        raise ValueError(f"kinds must be a list of {Kind.values}, but it is {kinds!r}.")
    kinds = list(kinds)
    require_kinds(*kinds)
    model = get_token_model()
    using = router.db_for_write(model)
    with locking_transaction(using=using):
        lock_user(model, user.pk, using=using)
        tokens = all_rows(model, using).usable().filter(user=user, kind__in=kinds)
        if keep is not None:
            tokens = tokens.exclude(pk=keep.pk)
        return read_latest(tokens).revoke(reason=reason, actor=actor, request=request)
