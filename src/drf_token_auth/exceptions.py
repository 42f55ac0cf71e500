"""Why a key, a token or a request was refused: one class a reason, each with a stable ``code``.

The codes of :class:`Refused` are what a client sees as ``detail.code``. The reasons behind
``invalid_token`` are told apart here and in the log only, never to the client (RFC 6750 3.1).
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "InactiveUser",
    "KeyNotShown",
    "MalformedKey",
    "PasswordChanged",
    "Refused",
    "ReusedKey",
    "TokenError",
    "TokenExpired",
    "TokenLimitReached",
    "UnknownKey",
    "UnknownScopes",
    "UnusableKey",
    "WrongChecksum",
]


class TokenError(Exception):
    """Everything this package raises on purpose."""

    code = "token_error"


class Refused(TokenError):
    """A presented key does not authenticate."""

    code = "invalid_token"


class MalformedKey(Refused):
    """Empty, over-long, or with characters no key has: refused before any hashing or query."""


class WrongChecksum(Refused):
    """One of our own shape that was never made by us: refused without a query."""


class UnknownKey(Refused):
    """No row has this key: never made, revoked or purged."""


class ReusedKey(Refused):
    """The key before the last rotation, presented after its grace."""


class PasswordChanged(Refused):
    """The user's password is no longer the one this token was made under."""


class TokenExpired(Refused):
    """The key is right, and ``now >= expires_at``."""

    code = "token_expired"


class InactiveUser(Refused):
    """The key is right, and its user is deactivated."""

    code = "user_inactive"


class KeyNotShown(TokenError, AttributeError):
    """``token.key`` was read on an instance that did not create the key.

    A template shows nothing in its place.
    """

    code = "key_not_shown"
    silent_variable_failure = True

    def __init__(self, message: str) -> None:
        # Without a name Python would look for one that is near, and propose the private "_key".
        super().__init__(message, name="key", obj=None)


class UnusableKey(TokenError, ValueError):
    """A key given to ``create(key=…)`` that no request could ever present."""

    code = "unusable_key"


class TokenLimitReached(TokenError):
    """The user has ``MAX_TOKENS_PER_USER`` tokens of the kind and ``WHEN_FULL`` is ``"reject"``."""

    code = "token_limit"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The user already has {limit} tokens of this kind.")
        self.limit = limit


class UnknownScopes(TokenError, ValueError):
    """Scopes that the setting ``SCOPES`` does not declare, or an empty list of them."""

    code = "unknown_scope"

    def __init__(self, unknown: Iterable[str], known: Iterable[str]) -> None:
        self.unknown = tuple(unknown)
        self.known = tuple(known)
        named = f"Not declared in SCOPES: {', '.join(self.unknown)}." if self.unknown else ""
        super().__init__(
            f"{named or 'No scope is named.'} Name one or more of: "
            f"{', '.join(self.known) or 'none is declared'}; or None for all the user may do."
        )
