"""Search the list of tokens."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from ..logins.account_name import clean_login_name, is_about_name
from ..rows.database_text import storable
from ..rows.locking import user_model

__all__ = ["search"]

# No name or hint is longer. SQLite fails on a very long text.
_LONGEST = 1000


def search(queryset: Any, text: str) -> Any:
    """Return the tokens with this id (41 or #41), hint, exact user name, or part of a name."""
    text = text.strip()
    if len(text) > _LONGEST:
        return queryset.none()
    pk = _as_pk(queryset.model, text.removeprefix("#"))
    found = Q() if pk is None else Q(pk=pk)
    if not text.startswith("#"):
        # Read the users first: a join would make the database scan both tables.
        found |= Q(user__in=_users_named(queryset, text))
        name = storable(queryset, text)
        if name:
            found |= Q(hint=name) | Q(name__icontains=name)
    return queryset.filter(found) if found else queryset.none()


def _users_named(queryset: Any, name: str) -> list[Any]:
    users = user_model(queryset.model)
    spellings = {name, clean_login_name(name)}
    try:
        rows = users._base_manager.using(queryset.db).filter(
            **{f"{users.USERNAME_FIELD}__in": spellings}
        )
        return list(rows.values_list("pk", flat=True)[:100])
    except Exception as error:
        if is_about_name(error):
            return []  # For example, user names are numbers or UUIDs and this text is neither.
        raise


def _as_pk(model: Any, text: str) -> Any:
    """Return the text as a value of the primary key, or None if it cannot be one."""
    try:
        pk = model._meta.pk.to_python(text)
        model._meta.pk.run_validators(pk)
    except (ValidationError, ValueError):
        return None
    return pk
