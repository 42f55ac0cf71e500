"""The kinds of tokens."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

__all__ = ["Kind"]


class Kind:
    """The kinds of tokens.

    A logout or a new password revokes a login token. Personal tokens are for scripts and CI.
    """

    LOGIN: Final = "login"
    PERSONAL: Final = "personal"
    values: Final = (LOGIN, PERSONAL)
    choices: Final = ((LOGIN, _("login")), (PERSONAL, _("personal")))
