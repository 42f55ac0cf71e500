"""How a user whose login is some time ago shows that it is still them.

A session that is stolen, or left open, must not be enough to make a key that outlives it.
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
from ..login_age import is_impersonated, is_recent, login_age, note_login
from ..throttling import LoginAccountThrottle, LoginAddressThrottle

__all__ = [
    "AllauthStepUp",
    "LogInAgainStepUp",
    "PasswordStepUp",
    "StepUp",
    "TooManyAttempts",
    "default_step_up",
    "is_fresh",
]


def is_fresh(request: Any) -> bool:
    """Whether the user of this session logged in less than ``RECENT_LOGIN`` ago."""
    if is_impersonated(request):
        return False
    max_age = get_settings().RECENT_LOGIN
    if max_age is None:
        return True
    return is_recent(login_age(request), max_age)


def default_step_up(request: Any) -> StepUp:
    """The way that fits the user and the project."""
    if is_impersonated(request):
        return LogInAgainStepUp(request)
    if apps.is_installed("allauth.account"):
        step_up = AllauthStepUp(request)
        return step_up if step_up.url else LogInAgainStepUp(request)
    has_usable_password = getattr(request.user, "has_usable_password", None)
    if has_usable_password is not None and has_usable_password():
        return PasswordStepUp(request)
    return LogInAgainStepUp(request)


class TooManyAttempts(ValidationError):
    """Too many passwords were tried. ``wait`` is in seconds, None if it is not known."""

    def __init__(self, wait: float | None) -> None:
        super().__init__(_("Too many attempts. Please try again later."), code="throttled")
        self.wait = wait


class StepUp:
    """One way to confirm who the user is.

    ``asks_password``: the form has a field for the password, and :meth:`confirm` gets its text.
    ``url``: where the user goes to confirm it, and comes back from. Without both, a page with a
    button "Log in again" takes the place of the form.
    """

    asks_password = False
    url: str | None = None

    def __init__(self, request: Any) -> None:
        self.request = request

    def confirm(self, password: str) -> None:
        """Make the session fresh.

        :raises ValidationError: the password is wrong.
        :raises TooManyAttempts: the password was not looked at.
        """
        raise NotImplementedError


class PasswordStepUp(StepUp):
    asks_password = True

    @sensitive_variables()
    def confirm(self, password: str) -> None:
        request = self.request
        self.count_attempt()
        # Not check_password: this way LDAP works, and django-axes sees a wrong password.
        user = authenticate(request, username=request.user.get_username(), password=password)
        if user is None or user.pk != request.user.pk:
            raise ValidationError(_("The password is wrong."), code="wrong_password")
        # The check may have saved a stronger hash. Without this line the session would be logged
        # out, and the new token would be bound to the old hash.
        request.user.password = user.password
        update_session_auth_hash(request, request.user)
        note_login(request, request.user)

    def count_attempt(self) -> None:
        """Count it as a login: the same limits, and the same count, as for the API's login."""
        request = self.request
        login = SimpleNamespace(
            method="POST",
            META=request.META,
            headers=request.headers,
            data={"username": request.user.get_username()},
        )
        throttles: list[Any] = [LoginAddressThrottle(), LoginAccountThrottle()]
        refused = [one for one in throttles if not one.allow_request(login, None)]
        if refused:
            raise TooManyAttempts(max((one.wait() or 0 for one in refused), default=None))


class AllauthStepUp(StepUp):
    """allauth's own page: a password, a code, a passkey, as the user has them."""

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        from ..contrib.allauth_reauthentication import reauthentication_url

        self.url = reauthentication_url(request.user)


class LogInAgainStepUp(StepUp):
    """Log out, log in, and come back: for users without a password (single sign-on).

    Also for staff who act as the user (django-hijack and the like), so that they log in as
    themselves.
    """
