"""Describe a token in the admin: its label and its state."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import lookup
from ..base_models import AbstractToken
from ..exceptions import InactiveUser, PasswordChanged, Refused, TokenExpired

__all__ = ["label", "state"]

_STATES: dict[type[Refused], Promise] = {
    TokenExpired: gettext_lazy("expired"),
    InactiveUser: gettext_lazy("user inactive"),
    PasswordChanged: gettext_lazy("password changed"),
}


def state(token: AbstractToken) -> str | Promise:
    """Return in words whether the token works now. No query is needed if its user is loaded."""
    try:
        lookup.require_usable(token, timezone.now())
    except Refused as reason:
        return _STATES[type(reason)]
    return gettext_lazy("usable")


def label(token: AbstractToken) -> str:
    """Return a label that still identifies the token in the log after the row is deleted."""
    words: dict[str, Any] = {
        "kind": token.get_kind_display(),
        "hint": token.hint,
        "name": token.name,
        "user": token.user,
    }
    if token.name:
        return _("%(kind)s token %(hint)s… “%(name)s” of %(user)s") % words
    return _("%(kind)s token %(hint)s… of %(user)s") % words
