"""Read the account's name in a login, in the same way for the throttle and the serializer."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import (
    FieldError,
    MultipleObjectsReturned,
    ObjectDoesNotExist,
    ValidationError,
)
from django.db import DatabaseError

from ..rows.database_text import is_about_text


def max_name_length() -> int:
    """Return the number of characters that a login name may have."""
    user_model = get_user_model()
    column: Any = user_model._meta.get_field(user_model.USERNAME_FIELD)
    # A backend may accept longer names than the column does, such as an e-mail address.
    return max(getattr(column, "max_length", None) or 0, 320)


def name_field(data: Any) -> str:
    """Return the field that names the account: ``username`` or the project's ``USERNAME_FIELD``.

    This is the field with content. If both have content, it is ``username``. If neither has
    content, it is ``username`` only if the data has this field.
    """
    own = str(get_user_model().USERNAME_FIELD)
    if not isinstance(data, Mapping):
        return own
    for name in ("username", own):
        value = data.get(name)
        if value is not None and str(value).strip():
            return name
    return "username" if "username" in data else own


def account_name(data: Any, field: str | None = None) -> str | None:
    """Return the name of the account that this login is for, or None if the data has no name.

    A name that is too long is shortened here. The serializer refuses it.

    :param field: the field with the name. The default is that of our own login.
    """
    value = data.get(field or name_field(data)) if isinstance(data, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return clean_login_name(str(value).strip()[: max_name_length()]) or None


def clean_login_name(name: str) -> str:
    """Return the name in the Unicode form that Django's own login form uses."""
    return unicodedata.normalize("NFKC", name)


def find_account(name: str, *, takes_emails: bool = False) -> Any:
    """Return the user with this login name, or None. The database decides which spellings match.

    :param takes_emails: True if the name may also be an e-mail address. A class in
        ``AUTHENTICATION_BACKENDS`` that is not Django's has the same effect. Otherwise, the
        addresses are not searched, because their column may have no index.
    """
    found = _ask(_by_natural_key, name)
    takes_emails = takes_emails or any(
        not path.startswith("django.contrib.auth.") for path in settings.AUTHENTICATION_BACKENDS
    )
    if found is None and "@" in name and takes_emails:
        found = _ask(_by_email, name)
    return found


def is_impossible_name(name: str) -> bool:
    """Return whether no account can have this name, such as letters in a column of numbers."""
    try:
        _by_natural_key(name)
    except Exception as error:  # noqa: BLE001 -- each database backend has errors of its own
        return is_about_name(error)
    return False


def is_about_name(error: Exception) -> bool:
    """Return whether a query raised this error because no account can have the name."""
    if isinstance(error, DatabaseError):
        return is_about_text(error)
    return isinstance(error, (ValueError, TypeError, OverflowError, ValidationError))


def _ask(find: Callable[[str], Any], name: str) -> Any:
    try:
        return find(name)
    except (ObjectDoesNotExist, MultipleObjectsReturned, FieldError):
        return None
    except Exception as error:
        if is_about_name(error):
            return None
        raise


def _by_natural_key(name: str) -> Any:
    return get_by_natural_key(get_user_model()._default_manager, name)


def get_by_natural_key(manager: Any, name: str) -> Any:
    """Return the user with this name. A manager that is not Django's may lack the method."""
    method = getattr(manager, "get_by_natural_key", None)
    return method(name) if method else manager.get(**{manager.model.USERNAME_FIELD: name})


def _by_email(name: str) -> Any:
    """Return the user with this address. A user model without such a column raises FieldError."""
    user_model: Any = get_user_model()
    column = getattr(user_model, "EMAIL_FIELD", "email")
    users = user_model._default_manager.filter(**{f"{column}__iexact": name})
    return users.order_by("pk").first()
