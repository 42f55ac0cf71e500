"""Ask a user to confirm who they are, if their login is not fresh.

A stolen or forgotten session must not be enough to make a key, because the key would outlive it.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.contrib.auth import authenticate, update_session_auth_hash
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from ..conf import get_settings
from ..logins.age import is_impersonated, is_recent, login_age, note_login
from ..rows.login_name import login_name
from ..throttling import LoginAccountThrottle, LoginAddressThrottle

__all__ = [
    "AllauthStepUp",
    "LogInAgainStepUp",
    "PasswordStepUp",
    "StepUp",
    "TooManyAttempts",
    "can_confirm_password",
    "default_step_up",
    "is_fresh",
]


def is_fresh(request: Any) -> bool:
    """Return whether the user of this session logged in less than ``RECENT_LOGIN`` ago.

    While a staff member acts as another user, the login is never fresh. Otherwise it is always
    fresh if ``RECENT_LOGIN`` is None.
    """
    if is_impersonated(request):
        return False
    max_age = get_settings().RECENT_LOGIN
    if max_age is None:
        return True
    return is_recent(login_age(request), max_age)


def can_confirm_password(request: Any) -> bool:
    """Return whether the logged-in person has a password to confirm.

    This is False for a user without a password, for example with single sign-on. It is also False
    while a staff member acts as another user.
    """
    has_usable_password = getattr(request.user, "has_usable_password", lambda: False)
    return has_usable_password() and not is_impersonated(request)


def default_step_up(request: Any) -> StepUp:
    """Return the step-up that fits the user and the project."""
    if apps.is_installed("allauth.account") and not is_impersonated(request):
        step_up = AllauthStepUp(request)
        return step_up if step_up.url else LogInAgainStepUp(request)
    return PasswordStepUp(request) if can_confirm_password(request) else LogInAgainStepUp(request)


class TooManyAttempts(ValidationError):
    """Too many passwords were tried. ``wait`` is in seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(_("Too many attempts. Please try again later."), code="throttled")
        self.wait = wait


class StepUp:
    """One way to confirm who the user is.

    ``asks_password``: the form has a field for the password, and :meth:`confirm` gets its text.
    ``url``: the page on which the user confirms, and which sends them back. If a class sets
    neither, users see a page with a button "Log in again" instead of the form.
    """

    asks_password = False
    url: str | None = None

    def __init__(self, request: Any) -> None:
        self.request = request

    def confirm(self, password: str) -> None:
        """Check the password, and let the login of this session count as fresh.

        :raises ValidationError: the password is wrong.
        :raises TooManyAttempts: a limit is reached, so the password was not checked.
        """
        raise NotImplementedError


class PasswordStepUp(StepUp):
    """Confirm with the password, in a field of the form that makes the key."""

    asks_password = True

    @sensitive_variables()
    def confirm(self, password: str) -> None:
        request = self.request
        self.count_attempt()
        # Call authenticate() and not check_password(). Then LDAP works, and django-axes sees a
        # wrong password.
        user = authenticate(request, username=login_name(request.user), password=password)
        if user is None or user.pk != request.user.pk:
            raise ValidationError(_("The password is wrong."), code="wrong_password")
        # The check may have saved a stronger hash. Without the next two lines, Django would log the
        # session out, and the new token would be bound to the old hash.
        request.user.password = user.password
        update_session_auth_hash(request, request.user)
        note_login(request, request.user)

    def count_attempt(self) -> None:
        """Count the attempt as a login. It shares the limits and counts of the API's login.

        :raises TooManyAttempts: a limit is reached.
        """
        request = self.request
        login = SimpleNamespace(
            method="POST",
            META=request.META,
            headers=request.headers,
            data={"username": login_name(request.user)},
        )
        throttles: list[Any] = [LoginAddressThrottle(), LoginAccountThrottle()]
        refused = [one for one in throttles if not one.allow_request(login, None)]
        if refused:
            raise TooManyAttempts(max(one.wait() for one in refused))


class AllauthStepUp(StepUp):
    """Confirm on allauth's own page, with a password, a code or a passkey."""

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        from ..contrib.allauth_reauthentication import reauthentication_url

        self.url = reauthentication_url(request.user)


class LogInAgainStepUp(StepUp):
    """Log out, log in, and come back.

    Users without a password need it, for example with single sign-on. Staff members who act as
    another user need it too, for example with django-hijack: they have to log in as themselves.
    """
