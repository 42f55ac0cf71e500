"""Log one WARNING that says why a login was refused, while DEBUG is on.

The client gets the same answer for an unknown user, a wrong password and an inactive user. No
message contains the name or the password.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import get_backends, get_user_model
from django.contrib.auth.hashers import check_password, identify_hasher, is_password_usable

from ..logins.account_name import account_name, find_account, name_field
from ..logins.backends import takes_names
from .refused_requests import warn_once


def log_refused_login(request: Any, serializer: Any) -> None:
    """Say what is wrong with the name or the password.

    Say nothing if the project's serializer lacks one of these fields, or refuses another field.
    """
    read = {name_field(request.data), "password"}
    others = set(serializer.fields) - read
    if settings.DEBUG and read <= set(serializer.fields) and others.isdisjoint(serializer.errors):
        warn_once(_explain(request.data), request)


def _explain(data: Any) -> str:
    own = name_field(data)
    body = f'{{"{own}": "…", "password": "…"}}'
    if not isinstance(data, Mapping):
        return f"The body must be an object, such as {body}."
    if not data:
        return f"The body is empty. Send {body} in it, and not in the address or in a header."
    if "refresh" in data:
        return (
            "The body has refresh, but this package has no refresh tokens. Log in again, or write "
            'DRF_TOKEN_AUTH = {"IDLE_TIMEOUT": timedelta(days=7)}: each use then extends the token.'
        )
    missing = [name for name in (own, "password") if not data.get(name)]
    if missing:
        return f"The body has no {' and no '.join(missing)}. Send {body}."
    name = account_name(data)
    user = find_account(name) if name else None
    if user is None:
        return _explain_unknown(name or "")
    return _explain_user(user, str(data["password"]))


def _explain_unknown(name: str) -> str:
    column = get_user_model().USERNAME_FIELD
    if "@" in name and column != "email":
        return (
            f"No user has this {column}, which looks like an e-mail address. Send the {column}, or "
            "add a backend that finds users by e-mail to AUTHENTICATION_BACKENDS."
        )
    return f"No user in this database has this {column}."


def _explain_user(user: Any, password: str) -> str:
    if not getattr(user, "is_active", True):
        return "The user is inactive. Set is_active to True to let the user in."
    stored = getattr(user, "password", None)
    if stored is None:
        return (
            "The user has no password column. A class in AUTHENTICATION_BACKENDS refused the login."
        )
    if not is_password_usable(stored):
        return "The user has no password. Call user.set_password(…) and user.save()."
    try:
        identify_hasher(stored)
    except ValueError:
        return (
            "Django cannot read the stored password: it is no hash, or PASSWORD_HASHERS lacks its "
            "hasher. Call user.set_password(…) and user.save(), or create users with create_user()."
        )
    if not check_password(password, stored):
        return "The password is wrong."
    if not any(map(takes_names, get_backends())):
        return (
            "No class in AUTHENTICATION_BACKENDS accepts the arguments of a login. Write "
            "def authenticate(self, request, username=None, password=None)."
        )
    return (
        "The name and the password are right. A class in AUTHENTICATION_BACKENDS, or a receiver or "
        "validation of the project, refused the login. A backend gets the name as username=…, "
        "even if it is an e-mail address."
    )
