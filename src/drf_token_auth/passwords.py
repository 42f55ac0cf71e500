"""The stamp by which a token notices that its user's password has changed.

A truncated hash of ``user.get_session_auth_hash()``, the value Django binds sessions to: whichever
way the password changes (form, admin, shell, ``update()``, raw SQL), the stamp no longer matches,
and no query is needed to see it, as the user is loaded with the token (OWASP ASVS 7.4.3).
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

__all__ = ["STAMP_LENGTH", "accepted", "current", "matches"]

STAMP_LENGTH = 12


def _shorten(session_hash: str) -> str:
    return base64.b64encode(hashlib.sha256(session_hash.encode()).digest()[:9]).decode()


def _with_stable_password(user: Any) -> Any:
    """The user, or a copy in which every unusable password is the same one.

    ``set_unusable_password()`` stores another random value each time it is called (on every login,
    by some single sign-on back ends); that is no change of password.
    """
    has_usable_password = getattr(user, "has_usable_password", None)
    if has_usable_password is None or has_usable_password():
        return user
    twin = copy.copy(user)
    twin.password = "!"
    return twin


def current(user: Any) -> str | None:
    """The stamp of the user's password now; None for user models without a session hash."""
    if not hasattr(user, "get_session_auth_hash"):
        return None
    return _shorten(_with_stable_password(user).get_session_auth_hash())


def accepted(user: Any) -> Iterator[str]:
    """The current stamp, then the one under each of ``SECRET_KEY_FALLBACKS``."""
    if not hasattr(user, "get_session_auth_hash"):
        return
    user = _with_stable_password(user)
    yield _shorten(user.get_session_auth_hash())
    if hasattr(user, "get_session_auth_fallback_hash"):
        yield from map(_shorten, user.get_session_auth_fallback_hash())


def matches(user: Any, stamp: str) -> tuple[bool, str | None]:
    """Whether the stamp still holds, and the stamp to store instead if it was a fallback's."""
    newest = None
    for candidate in accepted(user):
        if hmac.compare_digest(candidate, stamp):
            return True, newest
        newest = newest or candidate
    return newest is None, None
