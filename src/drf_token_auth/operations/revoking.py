"""Revoke a token, or all tokens of a user."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..base_models import AbstractToken
from ..rows.kinds import Kind, require_kinds
from .arguments import require_token, require_user
from .locked import locked_user


def revoke(
    token: AbstractToken, *, reason: str = "logout", request: Any = None, actor: Any = None
) -> bool:
    """Revoke the token at once: delete its row and send ``token_revoked`` (OWASP ASVS 7.4.1).

    :param reason: the text that ``token_revoked`` and the log show. See :mod:`signals`.
    :param request, actor: for ``token_revoked``.
    :returns: False if the token was already revoked or had expired.
    :raises TypeError: ``token`` is not a token, but for example a key or None.
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

    :param reason: the text that ``token_revoked`` and the log show. See :mod:`signals`.
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
    with locked_user(user.pk) as (_, tokens):
        tokens = tokens.filter(kind__in=kinds)
        if keep is not None:
            tokens = tokens.exclude(pk=keep.pk)
        return tokens.revoke(reason=reason, actor=actor, request=request)
