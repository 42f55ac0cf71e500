"""What can be done with tokens: the transaction, the limit and the signals of each act.

Views, the admin, commands and a project's own code call these, so a rule can't differ between
them. Each opens its own transaction. The ``a…`` twins are for async code.
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


# "As the settings say", where None is a wish of its own (never).
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
    """Make a token for the user. Only the returned instance has its ``.key``.

    :param ttl: the lifetime, None for a token that never expires. By default ``TTL`` or, for a
        personal token, ``PERSONAL_TTL``. ``MAX_TTL`` shortens it.
    :param scopes: a list, or text with spaces. None means all that the user may do.
    :param actor: the user who makes it, if it is not the token's own user.
    :param presented: usually ``request.auth``. If it is a token, it must still work.
    :raises UnknownScopes: a scope is not declared in ``SCOPES``.
    :raises PasswordChanged: the stored password is not the one that ``user`` was loaded with.
    :raises InactiveUser: the user has been deleted.
    :raises Refused: the presented token was revoked or has expired meanwhile.
    :raises TokenLimitReached: the user has ``MAX_TOKENS_PER_USER`` and ``WHEN_FULL`` is "reject".
    """
    conf = get_settings()
    model = get_token_model()
    values: dict[str, Any] = {}
    if isinstance(ttl, _Default) and kind == Kind.PERSONAL:
        ttl = conf.PERSONAL_TTL
    if not isinstance(ttl, _Default):
        values["expires_at"] = None if ttl is None else timezone.now() + ttl
    if not isinstance(idle_timeout, _Default):
        values["idle_timeout"] = idle_timeout
    token = model(kind=kind, name=name, scopes=encode_scopes(scopes), **values)
    # Before the user: Django asks the router for a row that is not in any database yet.
    token._state.db = using
    token.user = user
    token.is_idle_timeout_chosen = "idle_timeout" in values
    token.origin = (actor or user, request)
    insert(token, presented=presented, using=using)
    return token


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

    For projects in which each user has one API key. The old key stops working at once, unlike with
    :func:`rotate`. Either both happen or neither does. The arguments and errors are those of
    :func:`issue`.
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
    """Save a new token under the limit of its user: the second half of :func:`issue`.

    :raises PasswordChanged, InactiveUser, TokenLimitReached: as :func:`issue`.
    """
    using = using or router.db_for_write(type(token), instance=token)
    limit = get_settings().MAX_TOKENS_PER_USER
    actor, request = token.origin
    with locking_transaction(using=using):
        if token.user_id is not None:
            # The user's row as it is now. token.user is the instance that was authenticated.
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
    """Refuse a user who was deleted, or whose password was changed, since the authentication."""
    if stored is None:
        raise InactiveUser
    if not type(token).user.is_cached(token):
        token.user = stored
    elif passwords.verified_stamp(token.user) != passwords.stamp(stored):
        raise PasswordChanged


def _make_room(token: AbstractToken, user: Any, limit: int, using: str) -> None:
    """Revoke the user's least recently used tokens of the kind, so that one more fits."""
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
    """Give the row a new key. The present key works on for ``ROTATION_GRACE``.

    The previous key may rotate again within its grace, so a client that lost the answer can retry.
    That replaces the newer key. A replaced key that is presented later is reported as reused.

    :returns: the row, with its new ``.key``.
    :raises Refused: the token has expired, was revoked, or was rotated past the key it came with.
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
    """End the token at once. False if it had ended already, or has expired.

    :param reason: what ``token_revoked`` and the log say: one of those in :mod:`signals`.
    """
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
    """End the user's usable tokens of these kinds, but the one to keep. How many there were.

    :raises ValueError: one of them is no kind.
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
    # Of a string each letter would be one, and nothing be ended.
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

    All of it is one transaction. Bound are the kinds in ``PASSWORD_BOUND``.

    :param password: the new password, or None for an unusable one.
    :param keep: usually ``request.auth``; anything but a token of this user keeps none.
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
    """Keep one token through a password change that is saved, and revoke the other bound ones."""
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
                # By the key alone: with "and user", MariaDB may lock the index of users first,
                # which a deletion of the row locks last.
                tokens.filter(pk=keep.pk).update(user_stamp=current)
        read_latest(others).revoke(reason="password", actor=actor or user, request=request)


achange_password: Final = sync_to_async(change_password)
aissue: Final = sync_to_async(issue)
areplace: Final = sync_to_async(replace)
arotate: Final = sync_to_async(rotate)
arevoke: Final = sync_to_async(revoke)
arevoke_all: Final = sync_to_async(revoke_all)
