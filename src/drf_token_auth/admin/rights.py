"""Decide for whom a staff member may make a token, and ask for a fresh login first."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate, update_session_auth_hash

from ..conf import get_settings
from ..login_age import login_age, note_login

__all__ = ["can_confirm_password", "confirm_password", "has_fresh_login", "may_act_as"]


def may_act_as(staff: Any, user: Any) -> bool:
    """Return True if this user has no right that the staff member lacks."""
    if staff.pk == user.pk or getattr(staff, "is_superuser", False):
        return True
    if getattr(user, "is_superuser", True) or not hasattr(user, "get_all_permissions"):
        return False
    return bool(user.get_all_permissions() <= staff.get_all_permissions())


def has_fresh_login(request: Any) -> bool:
    """Return True if the session's login is younger than ``RECENT_LOGIN``."""
    longest = get_settings().RECENT_LOGIN
    if longest is None:
        return True
    age = login_age(request)
    return age is not None and age < longest


def can_confirm_password(user: Any) -> bool:
    """Return False for a user of single sign-on, who has no password here."""
    return bool(user.has_usable_password()) if hasattr(user, "has_usable_password") else False


def confirm_password(request: Any, password: str) -> bool:
    """Check the password of the person who is logged in. If it is right, the login is fresh."""
    user = authenticate(request, username=request.user.get_username(), password=password)
    if user is None or user.pk != request.user.pk:
        return False
    # The check may have stored a newer hash, and the session must know that one.
    update_session_auth_hash(request, user)
    note_login(request, user)
    return True
