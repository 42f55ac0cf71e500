"""Issue a token, or replace the tokens that have its name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import router
from django.utils import timezone

from .. import get_token_model, passwords
from ..base_models import AbstractToken
from ..conf import get_settings
from ..conf.rules import require_duration
from ..exceptions import InactiveUser, PasswordChanged
from ..rows.creation import clean_name
from ..rows.database_text import storable
from ..rows.kinds import Kind
from ..scopes import encode_scopes
from .arguments import require_user
from .locked import lock_presented, locked_user


class _Default:
    def __repr__(self) -> str:
        return "DEFAULT"


# The default of arguments for which None has a meaning. It means "use the setting".
DEFAULT = _Default()


def issue(
    user: Any,
    *,
    kind: str = Kind.LOGIN,
    name: str = "",
    scopes: str | Iterable[str] | None = None,
    ttl: timedelta | _Default | None = DEFAULT,
    idle_timeout: timedelta | _Default | None = DEFAULT,
    request: Any = None,
    actor: Any = None,
    presented: Any = None,
    using: str | None = None,
) -> AbstractToken:
    """Create a token for the user. Only the returned instance has its ``.key``.

    :param kind: "login" or "personal".
    :param name: cut to 64 printable characters.
    :param ttl: a timedelta, or None for no expiry. ``MAX_TTL`` shortens both. The default is
        ``TTL``, or ``PERSONAL_TTL`` for a personal token.
    :param idle_timeout: the token expires when it is unused for this long. None switches this off.
        The default is ``IDLE_TIMEOUT`` for a login token, unless ``ttl=None`` removes its expiry.
    :param scopes: a list, or text with spaces (RFC 6749 3.3). None means all that the user may do.
    :param request, actor: for ``token_created``. The actor is the user, unless you name another.
    :param presented: usually ``request.auth``. A token that no longer works raises ``Refused``.
    :param using: the alias of a database. By default, the router's database for writes.
    :raises TypeError: ``user``, a duration or ``scopes`` is of the wrong type.
    :raises ValueError, UnknownScopes: the kind does not exist, or ``SCOPES`` lacks a scope.
    :raises PasswordChanged: the stored password is not the one that ``user`` was loaded with.
    :raises InactiveUser: the user was deleted, or was deactivated after ``user`` was loaded.
    :raises TokenLimitReached: ``MAX_TOKENS_PER_USER`` is reached and ``WHEN_FULL`` is "reject".
    """
    columns = _given(user, kind, ttl, idle_timeout)
    token = get_token_model()(kind=kind, name=name, scopes=encode_scopes(scopes), **columns)
    # Set the database before the user. Otherwise, Django asks the router about this new row.
    token._state.db = using
    token.user = user
    token.is_idle_timeout_chosen = "idle_timeout" in columns
    token.origin = (actor or user, request)
    insert(token, presented=presented, using=using)
    return token


def _given(user: Any, kind: str, ttl: Any, idle_timeout: Any) -> dict[str, Any]:
    """Return the values of the columns that get no default of the model."""
    require_user("issue", user)
    columns: dict[str, Any] = {}
    if ttl is DEFAULT and kind == Kind.PERSONAL:
        ttl = get_settings().PERSONAL_TTL
    if ttl is not DEFAULT:
        require_duration("ttl", ttl)
        columns["expires_at"] = None if ttl is None else timezone.now() + ttl
    if idle_timeout is not DEFAULT:
        columns["idle_timeout"] = idle_timeout
    return columns


def replace(
    user: Any,
    *,
    name: str,
    kind: str = Kind.PERSONAL,
    scopes: str | Iterable[str] | None = None,
    ttl: timedelta | _Default | None = DEFAULT,
    request: Any = None,
    actor: Any = None,
    using: str | None = None,
) -> AbstractToken:
    """Issue a token that takes the place of the user's tokens of this kind and name.

    Use it if each user has one API key. The old key stops working at once, unlike with
    :func:`rotate`. One transaction revokes the old tokens and creates the new one. The other
    arguments, the result and the errors are as for :func:`issue`.
    """
    require_user("replace", user)
    with locked_user(user.pk, using=using) as (_, tokens):
        old = tokens.filter(kind=kind, name=storable(tokens, clean_name(name)))
        old.revoke(reason="replaced", actor=actor or user, request=request)
        return issue(
            user,
            kind=kind,
            name=name,
            scopes=scopes,
            ttl=ttl,
            request=request,
            actor=actor,
            using=tokens.db,
        )


def insert(token: AbstractToken, *, presented: Any = None, using: str | None = None) -> None:
    """Check the stored user, revoke tokens that are bound to an old password, and save the token.

    :param token: an unsaved token. The signals send its ``origin``: the actor and the request.
    :param presented, using: as for :func:`issue`.
    :raises PasswordChanged, InactiveUser, Refused, TokenLimitReached: as :func:`issue`. It also
        raises the errors of ``token.complete()``.
    """
    model = type(token)
    using = using or router.db_for_write(model, instance=token)
    actor, request = token.origin
    # ``user`` is the user's row as it is now. token.user may have been loaded before a change.
    with locked_user(token.user_id, model=model, using=using) as (user, tokens):
        _refuse_stale(token, user)
        if isinstance(presented, AbstractToken):
            lock_presented(presented, using)
        outdated = tokens.with_old_password(user)
        outdated.revoke(reason="password", actor=actor, request=request)
        token.save(using=using)


def _refuse_stale(token: AbstractToken, stored: Any) -> None:
    """Refuse a user who was deleted, deactivated or given a new password since the authentication.

    A user who was inactive already when ``token.user`` was loaded may get a token.
    """
    if stored is None:
        raise InactiveUser
    if passwords.verified_stamp(token.user) != passwords.stamp(stored):
        raise PasswordChanged
    if getattr(token.user, "is_active", True) and not getattr(stored, "is_active", True):
        raise InactiveUser
