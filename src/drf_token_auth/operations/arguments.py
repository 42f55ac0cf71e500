"""Refuse an argument of the wrong type, and say what to write."""

from __future__ import annotations

from typing import Any

from .. import get_token_model
from ..base_models import AbstractToken
from ..rows.locking import user_model


def require_user(function: str, user: Any) -> None:
    """Raise TypeError if this is not an instance of the user model."""
    users = user_model(get_token_model())
    if isinstance(user, users._meta.concrete_model):
        return
    if getattr(user, "is_anonymous", False):
        way_out = "Nobody is logged in. Write permission_classes = [IsAuthenticated] in the view."
    else:
        way_out = f"Write {users.__name__}.objects.get(…), or request.user."
    raise TypeError(f"{function}() needs a user, but it got {_named(user)}. {way_out}")


def require_token(function: str, token: Any) -> None:
    """Raise TypeError if this is not a token. The message hides the value, which may be a key."""
    if isinstance(token, AbstractToken):
        return
    if isinstance(token, str):
        raise TypeError(
            f"{function}() needs a token and not its key. Write "
            "token = get_token_model().objects.from_key(key), and use it if it is not None."
        )
    way_out = "Write request.auth, which is None if the request has no token."
    raise TypeError(f"{function}() needs a token, but it got {_named(token)}. {way_out}")


def _named(one: Any) -> str:
    return "None" if one is None else f"an object of type {type(one).__name__}"
