"""Tell the name that a user logs in with."""

from __future__ import annotations

from typing import Any


def login_name(user: Any) -> str:
    """Return the text that names this user in a login.

    Unlike ``get_username()``, it needs no query if ``USERNAME_FIELD`` is a foreign key, and no
    ``AbstractBaseUser``.
    """
    return str(user.serializable_value(user.USERNAME_FIELD))
