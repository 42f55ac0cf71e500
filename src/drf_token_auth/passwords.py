"""Bind a token to the password that its user has when the token is created.

A token stores a stamp: a truncated hash of the stored password. The user is loaded together with
the token, so comparing the stamp costs no query. The comparison notices every change: by a form,
the admin, a shell, ``update()`` or raw SQL. The stamp does not use SECRET_KEY. The database also
holds the stored password itself, so a secret in the stamp would protect nothing.
"""

from __future__ import annotations

import binascii
import hashlib
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import get_hasher, identify_hasher, is_password_usable
from django.db import models
from django.db.models import Q

from . import get_token_model, require_loaded_apps
from .conf import get_settings
from .exceptions import PasswordChanged
from .rows.locking import lock_user, locking_transaction, plain_rows

# Nearly all modules of this package import this one. If Django is not ready, this call says what to
# write. The next import would fail without a hint.
require_loaded_apps()
from django.contrib.auth.base_user import AbstractBaseUser  # noqa: E402

STAMP_LENGTH = 12

# Set on a user instance that is saved after set_password(). If a later save of the same instance
# stores another hash, the user has a new password.
_STORED = "_drf_token_auth_password_stored"
# Set on a user instance if another request stored a new hash while this one checked the password.
_OVERTAKEN = "_drf_token_auth_password_overtaken"


def stamp(user: Any) -> str | None:
    """Return the stamp of the user's password, or None for a user model without a password."""
    text = user.get_session_auth_hash() if has_own_hash(user) else getattr(user, "password", None)
    if text is None:
        return None
    return binascii.b2a_base64(hashlib.sha256(text.encode()).digest()[:9], newline=False).decode()


def verified_stamp(user: Any) -> str | None:
    """Return the stamp of the password that this instance was authenticated with.

    :raises PasswordChanged: another request stored a new hash while this one checked the password.
    """
    if getattr(user, _OVERTAKEN, False):
        raise PasswordChanged
    return stamp(user)


def has_other_stamp(user: Any) -> Q:
    """Return the condition for tokens that are bound to an earlier password of this user.

    It is the SQL form of the check in ``require_usable``.
    """
    current = stamp(user) if isinstance(user, models.Model) else None
    if current is None:
        return Q(pk__in=[])
    bound = Q(kind__in=get_settings().PASSWORD_BOUND, user_stamp__isnull=False)
    return bound & ~Q(user_stamp=current)


def has_own_hash(user: Any) -> bool:
    """Return whether the user model overrides ``get_session_auth_hash()``.

    Such a hash may depend on more than the password, for example on SECRET_KEY. A server with
    another SECRET_KEY may still accept a token that this server refuses. So do not delete a token
    because of its stamp.
    """
    # The user of a session is lazy: its type is not the user model, but its __class__ is.
    method = getattr(user.__class__, "get_session_auth_hash", None)
    return method is not None and method is not AbstractBaseUser.get_session_auth_hash


def follow_rehash(
    instance: Any, using: str, update_fields: Any = None, raw: bool = False, **kwargs: Any
) -> None:
    """Keep the tokens usable if a save stores a new hash without a new password.

    Connected to ``pre_save``. There are two such cases:

    - Django upgrades the hash when it checks a password. It calls ``set_password()``, sets
      ``_password = None`` and saves. A real change leaves ``_password`` set, or does not touch it.
    - Some single sign-on backends store a new random unusable password at each login.
    """
    if raw or not isinstance(instance, AbstractBaseUser):
        return
    if not isinstance(instance, get_user_model()):  # another model that has passwords
        return
    # Django resets _password after every save, also after a save of other columns.
    is_change = getattr(instance, "_password", None) is not None
    is_upgrade = "_password" in vars(instance) and not hasattr(instance, _STORED)
    is_saved = update_fields is None or "password" in update_fields
    if is_change or (is_upgrade and is_saved):
        setattr(instance, _STORED, True)
    if is_change or not is_saved or instance._state.adding:
        return
    if not is_password_usable(instance.password):
        rows = plain_rows(type(instance), using).filter(pk=instance.pk)
        if rows.exclude(password=instance.password).exists():
            _carry_over(instance, using, may_discard=False)
    elif is_upgrade:
        _carry_over(instance, using, may_discard=update_fields is not None)


def _carry_over(user: Any, using: str, *, may_discard: bool) -> None:
    """Store the new hash and the tokens' new stamps in one transaction.

    So no request sees one without the other. Django's save stores the hash a second time.

    :param may_discard: if the stored hash is newer than the one that was checked, put the stored
        hash into this instance.
    """
    model = get_token_model()
    with locking_transaction(using=using):
        before = lock_user(model, user.pk, using=using)
        if before is None or before.password == user.password:
            return
        if _is_same_password(before.password, user.password):
            tokens = plain_rows(model, using).filter(user_id=user.pk)
            tokens.filter(user_stamp=stamp(before)).update(user_stamp=stamp(user))
            plain_rows(type(user), using).filter(pk=user.pk).update(password=user.password)
        elif may_discard:
            # Another request upgraded the hash first, or changed the password. Either way, the
            # stored hash is newer than the one that was checked.
            user.password = before.password
            setattr(user, _OVERTAKEN, True)


def _is_same_password(stored: str, new: str) -> bool:
    """Return whether both hashes stand for one password.

    They do if both are unusable, or if Django had a reason to upgrade the stored hash.
    """
    if not is_password_usable(new):
        return not is_password_usable(stored)
    preferred = get_hasher("default")
    try:
        hasher = identify_hasher(stored)
    except ValueError:  # The password is unusable, or its hasher is no longer installed.
        return False
    return hasher.algorithm != preferred.algorithm or preferred.must_update(stored)
