"""Search the list of tokens, and recognise a key in the search box."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from .. import keys
from ..conf import get_settings
from ..locking import user_model
from ..login_name import clean_login_name, is_about_name, max_name_length

__all__ = ["contains_key", "search"]

_WORD = re.compile(r"[^\s\"'<>,;=]+")
# Keys of DRF have 40 hexadecimal digits. Keys of knox and durin have 64.
_LONG_HEX = re.compile(r"[0-9a-fA-F]{40,}")
# A word that begins with the prefix, but has fewer characters after it, is a name or a hint.
_LEAST_TAIL = 12


def contains_key(text: str) -> bool:
    """Return True if a word of this text looks like a key or like most of a key."""
    prefix = get_settings().PREFIX
    return any(_looks_like_key(word, prefix) for word in _WORD.findall(text[:2000]))


def _looks_like_key(word: str, prefix: str) -> bool:
    if prefix and word.startswith(prefix) and len(word) >= len(prefix) + _LEAST_TAIL:
        return True
    if _LONG_HEX.fullmatch(word):
        return True
    # A key with an earlier prefix still has a valid checksum.
    return len(word) >= keys.TAIL_LENGTH and keys.looks_issued(word[-keys.TAIL_LENGTH :], "")


def search(queryset: Any, text: str) -> Any:
    """Return the tokens with this id (41 or #41), hint, exact user name, or part of a name."""
    text = text.strip()
    pk = _as_pk(queryset.model, text.removeprefix("#"))
    found = Q() if pk is None else Q(pk=pk)
    if not text.startswith("#"):
        # Read the users first: a join would make the database scan both tables together.
        owners = _owners(queryset, text)
        found |= Q(hint=text) | Q(name__icontains=text) | Q(user__in=owners)
    return queryset.filter(found) if found else queryset.none()


def _owners(queryset: Any, name: str) -> list[Any]:
    users = user_model(queryset.model)
    spellings = {name, clean_login_name(name[: max_name_length()])}
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
    except (ValidationError, ValueError, OverflowError):
        return None
    return pk
