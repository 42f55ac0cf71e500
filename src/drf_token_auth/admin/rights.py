"""Decide for whom a staff member may make a token, and check the staff member's password."""

from __future__ import annotations

import copy
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from ..pages.step_up import PasswordStepUp, TooManyAttempts

__all__ = ["confirm_password", "may_act_as"]


def may_act_as(staff: Any, user: Any) -> bool:
    """Return whether the staff member has all permissions that this user has."""
    if staff.pk == user.pk or getattr(staff, "is_superuser", False):
        return True
    if getattr(user, "is_superuser", True) or not hasattr(user, "get_all_permissions"):
        return False
    # Django gives an inactive user no permissions, but the user may become active again.
    user = copy.copy(user)
    user.is_active = True
    return bool(user.get_all_permissions() <= staff.get_all_permissions())


@sensitive_variables()
def confirm_password(request: Any, password: str) -> None:
    """Check the password of the logged-in person. If it is right, the login counts as fresh.

    :raises ValidationError: the password is wrong, or there were too many attempts.
    """
    try:
        PasswordStepUp(request).confirm(password)
    except TooManyAttempts as error:
        # Use a text of this app. Django translates the texts of drf_token_auth.pages only if that
        # app is installed.
        raise ValidationError(
            _("Too many attempts. Please try again later."), code=error.code
        ) from None
    except ValidationError as error:
        raise ValidationError(_("This is not your password."), code=error.code) from None
