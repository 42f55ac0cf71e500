"""The errors that this package raises: one class for each reason, each with a stable ``code``.

The code of a :class:`Refused` is the code of the API exception. Several classes share the code
``invalid_token``, so a client cannot tell them apart (RFC 6750 3.1). In Python code and in the log,
each has its own name.
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
    """The base class of the errors in this module."""

    code = "token_error"


class Refused(TokenError):
    """A key does not authenticate, or a user may not get a token. Each subclass is one reason."""

    code = "invalid_token"


class MalformedKey(Refused):
    """The key is empty, too long, or has characters that no key has. It is not even hashed."""


class WrongChecksum(Refused):
    """The key has the shape of a generated key, but a wrong checksum. No query is needed."""


class UnknownKey(Refused):
    """The search found no token with this key.

    The key was never issued, or its token was revoked or purged, or its user is hidden. A token's
    first key is unknown too after a client has rotated with a newer key.
    """


class ReusedKey(Refused):
    """A rotation has replaced the key, and the key is not in its grace.

    Only the previous key has a grace.
    """


class PasswordChanged(Refused):
    """The user's password has changed since the token was bound, or since the user was loaded."""


class TokenExpired(Refused):
    """The key is right, but the token has expired: ``now >= expires_at``."""

    code = "token_expired"


class InactiveUser(Refused):
    """The user is not active or does not exist. If a key was presented, it is right."""

    code = "user_inactive"


class KeyNotShown(TokenError, AttributeError):
    """``token.key`` was read on an instance that did not create the key.

    A template shows an empty text instead.
    """

    code = "key_not_shown"
    silent_variable_failure = True

    LOADED = (
        "This token was loaded from the database, which holds only a digest of its key. If you "
        "need a key, create a new token in place of get() or get_or_create(): from drf_token_auth "
        "import operations; token = operations.issue(user); then read token.key. "
        "drf_token_auth.views.LoginView does this for you."
    )
    UNSAVED = "This token has no key yet. Save it first: token.save(); then read token.key."

    def __init__(self, message: str) -> None:
        # Without ``name`` and ``obj``, Python would suggest the similar private name "_key".
        super().__init__(message, name="key", obj=None)


class UnusableKey(TokenError, ValueError):
    """The assigned key, as in ``create(key=…)``, would be refused in every request."""

    code = "unusable_key"


class TokenLimitReached(TokenError):
    """The user has ``MAX_TOKENS_PER_USER`` tokens of the kind and ``WHEN_FULL`` is ``"reject"``.

    A ``bulk_create()`` raises it too if one user would get more tokens of one kind than the limit.
    ``limit`` is the value of ``MAX_TOKENS_PER_USER``.
    """

    code = "token_limit"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"MAX_TOKENS_PER_USER allows a user {limit} usable token{'' if limit == 1 else 's'} of "
            "this kind. Revoke one first, or raise the limit."
        )
        self.limit = limit


class UnknownScopes(TokenError, ValueError):
    """The list of scopes is empty, or it has names that the setting ``SCOPES`` does not declare.

    ``unknown`` has the undeclared names, ``known`` all declared ones. Both are tuples.
    """

    code = "unknown_scope"

    def __init__(self, unknown: Iterable[str], known: Iterable[str]) -> None:
        self.unknown = tuple(unknown)
        self.known = tuple(known)
        said = ["The list of scopes is empty."]
        if self.unknown:
            said = [f"SCOPES does not declare: {', '.join(self.unknown)}."]
        if self.known:
            said.append(f"Choose from: {', '.join(self.known)}.")
        elif self.unknown:
            said.append(f'Write DRF_TOKEN_AUTH = {{"SCOPES": {{"{self.unknown[0]}": "…"}}}}.')
        said.append("If you leave the scopes out, the token may do all that its user may do.")
        super().__init__(" ".join(said))
