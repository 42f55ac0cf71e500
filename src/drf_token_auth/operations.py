"""The operations on tokens: issue, replace, rotate, revoke and change a password.

Views, the admin, commands and a project's own code call these functions. So the limits, the locks
and the signals are the same everywhere. Each function opens its own transaction. The functions
whose names begin with ``a`` are for async code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final, cast

from asgiref.sync import sync_to_async
from django.db import connections, router
from django.db.models.functions import Coalesce
from django.utils import timezone

from . import get_token_model, keys, lookup, passwords, signals
from .base_models import DIGESTS, AbstractToken, Kind, clean_name
from .conf import get_settings
from .conf.rules import not_a_timedelta
from .database_text import store_text
from .exceptions import InactiveUser, PasswordChanged, ReusedKey, TokenLimitReached, UnknownKey
from .fields import auto_now_columns
from .locking import lock_user, locking_transaction, read_latest
from .managers import all_rows
from .purging import purge
from .scopes import encode_scopes

__all__ = [
    "DEFAULT",
    "achange_password",
    "aissue",
    "areplace",
    "arevoke",
    "arevoke_all",
    "arotate",
    "change_password",
    "changing_password",
    "insert",
    "issue",
    "keep_through_change",
    "purge",
    "replace",
    "revoke",
    "revoke_all",
    "rotate",
]


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
    :param ttl: the lifetime, or None for a token that never expires. The default is ``TTL``. For a
        personal token, the default is ``PERSONAL_TTL``. A longer lifetime is cut to ``MAX_TTL``.
    :param idle_timeout: the token expires when it is unused for this long. None switches this off.
        The default is ``IDLE_TIMEOUT`` for login tokens, and None for personal tokens.
    :param scopes: a list, or text with spaces. None means all that the user may do.
    :param request: the request that asks for the token. ``token_created`` sends it.
    :param actor: the user who creates the token, if it is not the token's own user.
    :param presented: usually ``request.auth``. If it is a token, it must still work.
    :param using: the alias of a database. By default, the router's database for writes.
    :raises TypeError: ``ttl`` or ``idle_timeout`` is not a timedelta.
    :raises ValueError: the kind does not exist.
    :raises UnknownScopes: a scope is not declared in ``SCOPES``.
    :raises PasswordChanged: the stored password is not the one that ``user`` was loaded with.
    :raises InactiveUser: the user was deleted, or was deactivated after ``user`` was loaded.
    :raises Refused: the presented token was revoked, was rotated or has expired meanwhile.
    :raises TokenLimitReached: the user has ``MAX_TOKENS_PER_USER`` and ``WHEN_FULL`` is "reject".
    """
    conf = get_settings()
    model = get_token_model()
    values: dict[str, Any] = {}
    if isinstance(ttl, _Default) and kind == Kind.PERSONAL:
        ttl = conf.PERSONAL_TTL
    if not isinstance(ttl, _Default):
        _require_lifetime("ttl", ttl)
        values["expires_at"] = None if ttl is None else timezone.now() + ttl
    if not isinstance(idle_timeout, _Default):
        _require_lifetime("idle_timeout", idle_timeout)
        values["idle_timeout"] = idle_timeout
    token = model(kind=kind, name=name, scopes=encode_scopes(scopes), **values)
    # Set the database before the user. Otherwise, Django asks the router about this new row.
    token._state.db = using
    token.user = user
    token.is_idle_timeout_chosen = "idle_timeout" in values
    token.origin = (actor or user, request)
    insert(token, presented=presented, using=using)
    return token


def _require_lifetime(name: str, value: Any) -> None:
    if value is not None and not isinstance(value, timedelta):
        raise TypeError(not_a_timedelta(name, value))


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
    :func:`rotate`. One transaction revokes the old tokens and creates the new one. The arguments
    and errors are those of :func:`issue`.
    """
    model = get_token_model()
    using = using or router.db_for_write(model)
    with locking_transaction(using=using):
        lock_user(model, user.pk, using=using)
        old = all_rows(model, using).usable().filter(user=user, kind=kind, name=clean_name(name))
        read_latest(old).revoke(reason="replaced", actor=actor or user, request=request)
        return issue(
            user,
            kind=kind,
            name=name,
            scopes=scopes,
            ttl=ttl,
            request=request,
            actor=actor,
            using=using,
        )


def insert(token: AbstractToken, *, presented: Any = None, using: str | None = None) -> None:
    """Save a new token and enforce ``MAX_TOKENS_PER_USER``, as the last step of :func:`issue`.

    :param presented: as for :func:`issue`.
    :raises PasswordChanged, InactiveUser, Refused, TokenLimitReached: as :func:`issue`.
    """
    using = using or router.db_for_write(type(token), instance=token)
    limit = get_settings().MAX_TOKENS_PER_USER
    actor, request = token.origin
    with locking_transaction(using=using):
        if token.user_id is not None:
            # This is the user's row as it is now. token.user may have been loaded before a change.
            user = lock_user(type(token), token.user_id, using=using)
            _refuse_stale(token, user)
            if isinstance(presented, AbstractToken):
                _locked(presented, using)
            ended = all_rows(type(token), using).usable().ended_by_password(user)
            read_latest(ended).revoke(reason="password", actor=actor, request=request)
            if limit is not None:
                _make_room(token, user, limit, using)

        def save(name: str) -> None:
            token.name = name
            token.save(using=using)

        store_text(token.name, save, using=using)


def _refuse_stale(token: AbstractToken, stored: Any) -> None:
    """Refuse a user who was deleted, deactivated or got a new password since the authentication.

    A user who was inactive already when ``token.user`` was loaded may get a token.
    """
    if stored is None:
        raise InactiveUser
    if not type(token).user.is_cached(token):
        token.user = stored
    elif passwords.verified_stamp(token.user) != passwords.stamp(stored):
        raise PasswordChanged
    elif getattr(token.user, "is_active", True) and not getattr(stored, "is_active", True):
        raise InactiveUser


def _make_room(token: AbstractToken, user: Any, limit: int, using: str) -> None:
    """Revoke the user's least recently used tokens of the kind, so that one more token fits.

    :raises TokenLimitReached: there is no room and ``WHEN_FULL`` is "reject".
    """
    tokens = all_rows(type(token), using)
    alive = read_latest(tokens.alive_for(user).filter(kind=token.kind))
    last_use = Coalesce("last_used_at", "created_at")
    oldest_first = list(alive.order_by(last_use, "created_at", "pk").values_list("pk", flat=True))
    surplus = oldest_first[: max(0, len(oldest_first) - limit + 1)]
    if surplus and get_settings().WHEN_FULL == "reject":
        raise TokenLimitReached(limit)
    actor, request = token.origin
    ended = read_latest(tokens.filter(pk__in=surplus))
    ended.revoke(reason="limit", actor=actor, request=request)


def _locked(token: AbstractToken, using: str) -> AbstractToken:
    """Lock the row of a presented token, and check again that its key works.

    :raises Refused: the token was revoked, rotated or has expired since the request began.
    """
    rows = all_rows(type(token), using).filter(pk=token.pk)
    if connections[using].features.has_select_for_update:
        rows = rows.select_for_update()
    row = cast("AbstractToken | None", rows.first())
    if row is None:
        raise UnknownKey
    now = timezone.now()
    lookup.require_alive(row, now)
    presented = token.presented_digests or [bytes(token.digest)]
    if not keys.among(row.digest, presented) and not row.knows_as_previous(presented, now):
        raise ReusedKey
    row.presented_digests = presented
    return row


def rotate(token: AbstractToken, *, request: Any = None, actor: Any = None) -> AbstractToken:
    """Give the row a new key. The old key keeps working for ``ROTATION_GRACE``.

    A client that lost the response can rotate again with the old key within its grace. The second
    new key replaces the first one. A later request with the replaced key is reported as reuse.

    :param token: usually ``request.auth``.
    :param actor: the user who rotates the key, if it is not the token's own user.
    :returns: the row, with its new ``.key``.
    :raises Refused: the token has expired, was revoked, or its key was replaced meanwhile.
    """
    model = type(token)
    using = router.db_for_write(model, instance=token)
    with locking_transaction(using=using):
        lock_user(model, token.user_id, using=using)
        row = _locked(token, using)
        if keys.among(row.digest, row.presented_digests):
            row.previous_digest = row.digest
            row.previous_until = timezone.now() + (get_settings().ROTATION_GRACE or timedelta(0))
        elif row.replaced_digest is None:
            row.replaced_digest = row.digest
        row.key = model.generate_key()
        row.presented_digests = ()
        signals.leaving.send(model, tokens=[row], using=using)
        columns = [*DIGESTS, "hint", "previous_until", *auto_now_columns(model)]
        row.save(update_fields=columns)
        row.announce(signals.token_rotated, using=using, actor=actor or row.user, request=request)
    return row


def revoke(
    token: AbstractToken, *, reason: str = "logout", request: Any = None, actor: Any = None
) -> bool:
    """Revoke the token at once: delete its row and send ``token_revoked``.

    :param reason: the text that ``token_revoked`` and the log show, as in :mod:`signals`.
    :returns: False if the token was already revoked or had expired.
    :raises TypeError: ``token`` is a key, and not a token.
    """
    if isinstance(token, str):
        raise TypeError(
            "revoke() needs a token and not its key. Write "
            "token = get_token_model().objects.from_key(key), and revoke it if it is not None."
        )
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
    """Revoke the user's usable tokens of these kinds.

    :param reason: the text that ``token_revoked`` and the log show, as in :mod:`signals`.
    :param kinds: a list of "login" and "personal".
    :param keep: a token that is not revoked, usually ``request.auth``.
    :returns: how many tokens were revoked.
    :raises ValueError: a kind does not exist, or ``kinds`` is text instead of a list.
    """
    kinds = _checked(kinds)
    model = get_token_model()
    using = router.db_for_write(model)
    with locking_transaction(using=using):
        lock_user(model, user.pk, using=using)
        tokens = all_rows(model, using).usable().filter(user=user, kind__in=kinds)
        if keep is not None:
            tokens = tokens.exclude(pk=keep.pk)
        return read_latest(tokens).revoke(reason=reason, actor=actor, request=request)


def _checked(kinds: Iterable[str]) -> list[str]:
    # A plain string would be treated as a list of letters. Refuse it with a clear message.
    if isinstance(kinds, str):
        raise ValueError(f"kinds is a list of {Kind.values}; it can't be {kinds!r}.")
    kinds = list(kinds)
    for kind in kinds:
        if kind not in Kind.values:
            raise ValueError(f"A token's kind is one of {Kind.values}; it can't be {kind!r}.")
    return kinds


def change_password(
    user: Any,
    password: str | None,
    *,
    keep: AbstractToken | None = None,
    request: Any = None,
    actor: Any = None,
) -> None:
    """Save the user's new password, keep one token, and revoke the user's other bound tokens.

    All of this is one transaction. The setting ``PASSWORD_BOUND`` names the kinds that are bound.

    :param password: the new password, or None for an unusable one.
    :param keep: usually ``request.auth``. If it is not a token of this user, no token is kept.
    """
    with changing_password(user, keep=keep, request=request, actor=actor):
        user.set_password(password)
        user.save(update_fields=["password"])


@contextmanager
def changing_password(
    user: Any, *, keep: Any = None, request: Any = None, actor: Any = None
) -> Iterator[None]:
    """Do what :func:`change_password` does around code that saves the new password itself."""
    model = get_token_model()
    using = router.db_for_write(model)
    with locking_transaction(using=using):
        lock_user(model, user.pk, using=using)
        yield
        keep_through_change(user, keep, request=request, actor=actor)


def keep_through_change(user: Any, keep: Any, *, request: Any = None, actor: Any = None) -> None:
    """Keep one token after a new password was saved, and revoke the user's other bound tokens."""
    model = get_token_model()
    using = router.db_for_write(model)
    tokens = all_rows(model, using)
    with locking_transaction(using=using):
        stored = lock_user(model, user.pk, using=using)
        if stored is None:
            return
        current = passwords.stamp(stored)
        others = tokens.usable().filter(user=user, kind__in=get_settings().PASSWORD_BOUND)
        if current is not None:
            others = others.exclude(user_stamp=current)
        if isinstance(keep, AbstractToken) and keep.user_id == user.pk:
            others = others.exclude(pk=keep.pk)
            if keep.is_password_bound:
                keep.user_stamp = current
                # Filter by the primary key alone. With the user as well, MariaDB may lock the
                # index of users first, and a deletion of the row locks that index last.
                tokens.filter(pk=keep.pk).update(user_stamp=current)
        read_latest(others).revoke(reason="password", actor=actor or user, request=request)


achange_password: Final = sync_to_async(change_password)
aissue: Final = sync_to_async(issue)
areplace: Final = sync_to_async(replace)
arotate: Final = sync_to_async(rotate)
arevoke: Final = sync_to_async(revoke)
arevoke_all: Final = sync_to_async(revoke_all)
