"""The kinds of tokens."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _


class Kind:
    """The kinds of tokens.

    A login token is for a device. A personal token is for a script or CI.
    """

    LOGIN: Final = "login"
    PERSONAL: Final = "personal"
    values: Final = (LOGIN, PERSONAL)
    choices: Final = ((LOGIN, _("login")), (PERSONAL, _("personal")))


def require_kinds(*kinds: str) -> None:
    """Raise ValueError if one of these is not a kind of tokens."""
    for kind in kinds:
        if kind not in Kind.values:
            raise ValueError(f"A token's kind must be one of {Kind.values}, but it is {kind!r}.")
