"""Find the token of a key, and check that it authenticates. Every request does this."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.db import models, router
from django.db.models import Q
from django.utils import timezone

from .. import keys, signals
from ..conf import get_settings
from ..exceptions import InactiveUser, PasswordChanged, ReusedKey, TokenExpired, UnknownKey
from ..keys import peppers
from ..passwords import stamp
from . import fast_select, last_use
from .after_request import after_transaction
from .visible_users import of_visible_users

if TYPE_CHECKING:
    from ..base_models import AbstractToken

logger = logging.getLogger("drf_token_auth")
_T = TypeVar("_T", bound="AbstractToken")


def authenticate(
    model: type[_T],
    key: str | None,
    *,
    queryset: models.QuerySet[_T] | None = None,
    record_use: bool = False,
    request: Any = None,
) -> _T:
    """Return the usable token with this key, with its user loaded.

    :param queryset: search only this queryset, through the ORM. By default, search all tokens.
    :param record_use: record the use after the transaction, at most once in each
        ``LAST_USED_INTERVAL``. An idle timeout may need more writes.
    :param request: the request, for the signal ``token_reused``.
    :raises Refused: as :func:`find` and :func:`require_usable`.
    """
    if queryset is not None:
        queryset = of_visible_users(queryset)
    token = find(model, key, queryset=queryset, request=request)
    now = timezone.now()
    require_usable(token, now)
    if record_use:
        last_use.record(token, now)
    return token


def find(
    model: type[_T],
    key: str | None,
    *,
    queryset: models.QuerySet[_T] | None = None,
    request: Any = None,
) -> _T:
    """Return the token with this key, with its user loaded, even if it does not authenticate.

    :param queryset: search this queryset, through the ORM, also for tokens of hidden users. By
        default, search the tokens of all visible users.
    :param request: the request, for the signal ``token_reused``.
    :raises MalformedKey, WrongChecksum, UnknownKey: no token has this key.
    :raises ReusedKey: a rotation has replaced the key, and the key is not in its grace.
    """
    conf = get_settings()
    digests = keys.possible_digests(key, conf.PREFIX, conf.PEPPERS, conf.digest_version)
    if queryset is None:
        token = fast_select.fetch(model, digests, router.db_for_read(model))
    else:
        token = _matching(queryset, Q(digest__in=digests)).first()
    if token is None or _may_be_renewed(token):
        token = _fetch_again(model, cast("str", key), digests, queryset, request)
    token.presented_digests = digests
    return token


def require_usable(token: AbstractToken, now: datetime) -> None:
    """Raise an error if this token does not authenticate now.

    :raises TokenExpired, InactiveUser, PasswordChanged: the first of these reasons that applies.
    """
    if token.is_expired(now):
        raise TokenExpired
    user = token.user
    # A project's own token model may allow a token without a user.
    if user is None or not getattr(user, "is_active", True):
        raise InactiveUser
    if token.user_stamp is not None and token.is_password_bound:
        current = stamp(user)
        if current is not None and current != token.user_stamp:
            raise PasswordChanged


def is_in_grace(token: AbstractToken, digests: Sequence[bytes], now: datetime) -> bool:
    """Return whether one of these is the token's previous digest, and the grace is not over."""
    has_grace = token.previous_until is not None and now < token.previous_until
    return has_grace and keys.is_one_of(token.previous_digest, digests)


def _may_be_renewed(token: AbstractToken) -> bool:
    """Return whether the replica may still show an expiry that a use has already renewed."""
    return (
        token.idle_timeout is not None
        and token.is_expired()
        and token._state.db != router.db_for_write(type(token))
    )


def _matching(queryset: models.QuerySet[_T], condition: Q) -> models.QuerySet[_T]:
    found = queryset.filter(condition).select_related("user").order_by()
    return cast("models.QuerySet[_T]", found)


def _fetch_again(
    model: type[_T],
    key: str,
    digests: Sequence[bytes],
    queryset: models.QuerySet[_T] | None,
    request: Any,
) -> _T:
    """Query the primary database, because a replica may lag. Find replaced keys too.

    :raises UnknownKey: no row has this key.
    :raises ReusedKey: a rotation has replaced the key, and the key is not in its grace.
    """
    primary = router.db_for_write(model)
    if queryset is None:
        queryset = of_visible_users(model._default_manager.all())
    known = Q(digest__in=digests) | Q(previous_digest__in=digests)
    if (family := keys.family(key)) is not None:
        known |= Q(key_family=family)
    found: list[_T] = list(_matching(queryset.using(primary), known))
    now = timezone.now()
    for token in found:  # Two tokens can have the same family by chance.
        if keys.is_one_of(token.digest, digests) or is_in_grace(token, digests, now):
            return token
    if not found:
        peppers.warn_of_missing(model, using=primary)
        raise UnknownKey
    after_transaction(partial(_report_reuse, found[0], request), using=primary)
    raise ReusedKey


def _report_reuse(token: AbstractToken, request: Any) -> None:
    signals.token_reused.send_robust(sender=type(token), token=token, request=request)
    if get_settings().REVOKE_ON_REUSE:
        token.revoke(reason="reuse", request=request)
