"""Find the user whose name or id was given to a command."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from ..logins.account_name import clean_login_name, get_by_natural_key, is_about_name

__all__ = ["add_user_id_argument", "find_user"]


def add_user_id_argument(parser: Any) -> None:
    parser.add_argument(
        "--user-id",
        metavar="ID",
        help="The user with this primary key. Use it if two users have the same name.",
    )


def find_user(
    username: str | None, user_id: Any, *, using: str | None, hidden: bool = False
) -> Any:
    """Return the user with this name or, if the name is None, with this id.

    If no user has the name as it was typed, try the Unicode form that the login uses. A shell may
    pass letters in another form.

    :param hidden: also find users whom the default manager leaves out. A project may mark users as
        deleted and leave them out.
    :raises CommandError: there is no such user, or several.
    """
    model = get_user_model()
    manager = model._base_manager if hidden else model._default_manager
    users = manager.using(using)
    if username is None:
        return _by_id(users, user_id)
    for name in dict.fromkeys((username, clean_login_name(str(username)))):
        found = _by_name(users, name) or _by_natural_key(model, name, using)
        if found:
            break
    if not found:
        raise CommandError(f"There is no user whose {model.USERNAME_FIELD} is {username!r}.")
    if len(found) > 1:
        ids = ", ".join(sorted(str(user.pk) for user in found))
        raise CommandError(
            f"Several users have the {model.USERNAME_FIELD} {username!r}. Use --user-id with one "
            f"of their ids, such as {ids}."
        )
    return found[0]


def _by_id(users: Any, user_id: Any) -> Any:
    try:
        found = users.filter(pk=users.model._meta.pk.to_python(user_id)).first()
    except (OverflowError, TypeError, ValidationError, ValueError):
        found = None
    if found is None:
        raise CommandError(f"There is no user with the id {str(user_id)!r}.")
    return found


def _by_name(users: Any, username: str) -> list[Any]:
    try:
        return list(users.filter(**{users.model.USERNAME_FIELD: username}).order_by("pk")[:2])
    except Exception as error:
        if is_about_name(error):
            return []  # For example, the column is a number and the name is not.
        raise


def _by_natural_key(model: Any, username: str, using: str | None) -> list[Any]:
    """Ask the model's manager, which may ignore case or accept another spelling."""
    try:
        return [get_by_natural_key(model._default_manager.db_manager(using), username)]
    except model.DoesNotExist:
        return []
    except model.MultipleObjectsReturned:
        raise CommandError(
            f"Several users have the {model.USERNAME_FIELD} {username!r}. Use --user-id."
        ) from None
    except Exception as error:
        if is_about_name(error):
            return []  # For example, TypeError: the natural key has several parts.
        raise
