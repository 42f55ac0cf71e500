"""Fill in a new row, for ``save()``, ``bulk_create()``, imports and fixtures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from .. import keys, signals
from ..conf import get_settings
from ..passwords import verified_stamp
from ..scopes import encode_scopes
from . import expiry
from .kinds import require_kinds

if TYPE_CHECKING:
    from ..base_models import AbstractToken

NAME_LENGTH = 64


def clean_name(name: object) -> str:
    """Return the name on one line, without control characters, cut to the length of the column.

    Control characters could forge lines in a log (OWASP ASVS 16.4.1).
    """
    cut = ("" if name is None else str(name))[: 8 * NAME_LENGTH]
    printable = "".join(c if c.isprintable() else " " for c in cut)
    return " ".join(printable.split())[:NAME_LENGTH].rstrip()


def fill_in(token: AbstractToken) -> None:
    """Fill in the key, the expiry and the stamp of a new row, and check its kind and scopes.

    :raises ValueError: the kind is not one of ``Kind.values``.
    :raises TypeError: the expiry, the idle timeout or the scopes are of the wrong type.
    :raises ValidationError: the expiry is text that is not a date.
    :raises UnknownScopes: a scope is not declared in ``SCOPES``, or the list is empty.
    :raises PasswordChanged: another request stored a new hash while this one checked the password.
    """
    require_kinds(token.kind)
    if not token.digest or _is_unissued(token):
        token.key = token.generate_key()
    token.name = clean_name(token.name)
    token.scopes = encode_scopes(token.scopes)
    expiry.start(token, timezone.now())
    # A row without a user is not refused here. The database reports it with a clear error.
    if token.user_stamp is None and token.is_password_bound and token.user_id is not None:
        token.user_stamp = verified_stamp(token.user)


def announce_created(token: AbstractToken, *, using: str) -> None:
    actor, request = token.origin
    signals.announce(signals.token_created, token, using=using, actor=actor, request=request)


def fill_in_fixture(instance: AbstractToken, raw: bool, **kwargs: Any) -> None:
    """Apply ``MAX_TTL`` to a token of a fixture, because ``loaddata`` skips the model's ``save()``.

    Connected to ``pre_save``. A token without a digest gets the digest of a key that is never
    shown.
    """
    if not raw:
        return
    if _is_unissued(instance):
        instance.key = instance.generate_key()
    now, longest = timezone.now(), get_settings().MAX_TTL
    if longest is not None and instance.idle_timeout is not None:
        # Without this limit, uses would renew the token forever.
        instance.renewable_until = instance.renewable_until or now + longest
    expiry.cap(instance, now)


def _is_unissued(token: Any) -> bool:
    return bool(token.digest[:1] == bytes([keys.UNISSUED]))
