"""The base class of pages that show a new key. They require a fresh login."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import HASH_SESSION_KEY, REDIRECT_FIELD_NAME, logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.crypto import constant_time_compare
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ... import keys
from ...base_models import AbstractToken, Kind
from ...exceptions import TokenLimitReached
from ...rows.locking import lock_user, locking_transaction
from ..step_up import StepUp, TooManyAttempts, default_step_up, is_fresh
from ..usage import example_of
from .base import PageView

__all__ = ["ConfirmedView"]


class LoggedOutMeanwhile(Exception):
    """The session was logged out while its request was being answered."""


class ConfirmedView(PageView):
    """The base of pages whose answer contains a key."""

    kind = Kind.PERSONAL
    key_template_name = "drf_token_auth/pages/token_key.html"
    log_in_again_template_name = "drf_token_auth/pages/log_in_again.html"

    def get_step_up(self) -> StepUp:
        """Hook: return the step-up for this user. Called only if the login is not fresh."""
        return default_step_up(self.request)

    @cached_property
    def step_up(self) -> StepUp | None:
        """Return the step-up, or None if the login is fresh."""
        return None if is_fresh(self.request) else self.get_step_up()

    @property
    def asks_password(self) -> bool:
        """Return whether the form has a password field. Step-ups without one show no form."""
        return self.step_up is not None

    def get_return_query(self) -> dict[str, Any]:
        """Hook: return the user's input as parameters of the URL to which the user comes back.

        They fill in the form after the confirmation.
        """
        return {}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.elsewhere() or self.render_form(self.get_form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "log_in_again" in request.POST:
            logout(request)
            return redirect_to_login(request.get_full_path(), self.get_login_url())
        return self.elsewhere() or self.submit_form()

    def submit_form(self) -> HttpResponse:
        form = self.get_form(self.request.POST)
        if not form.is_valid():
            return self.render_form(form)
        if self.step_up is not None:
            try:
                self.step_up.confirm(form.cleaned_data["password"])
            except ValidationError as error:
                form.add_error("password", error)
                return self.refuse(form, error)
        try:
            with locking_transaction(using=self.database):
                token = self.make_key(self.lock_user(), form)
        except ValidationError as error:
            form.add_error(None, error)
        except TokenLimitReached:
            form.add_error(None, _("You have reached the limit of API tokens."))
        except LoggedOutMeanwhile:
            return redirect_to_login(self.request.get_full_path(), self.get_login_url())
        else:
            return self.render_key(token)
        return self.render_form(form)

    def get_form(self, data: Any = None) -> Any:
        raise NotImplementedError

    def make_key(self, user: Any, form: Any) -> AbstractToken:
        """Make the key from a valid form, in the transaction that has locked the user's row.

        :raises ValidationError: the form shows this error.
        """
        raise NotImplementedError

    def elsewhere(self) -> HttpResponse | None:
        """Return the answer to a user who must confirm elsewhere, or None to use the form.

        :raises PermissionDenied: the user may not make tokens.
        """
        if not self.may_make_token():
            raise PermissionDenied
        step_up = self.step_up
        if step_up is None or step_up.asks_password:
            return None
        if step_up.url is not None:
            query = urlencode({REDIRECT_FIELD_NAME: self.return_url()})
            return HttpResponseRedirect(f"{step_up.url}?{query}")
        self.template_name = self.log_in_again_template_name
        return self.render(title=_("Log in again"), return_url=self.return_url())

    def return_url(self) -> str:
        query = urlencode(self.get_return_query(), doseq=True)
        return f"{self.request.path}?{query}" if query else self.request.get_full_path()

    def refuse(self, form: Any, error: ValidationError) -> HttpResponse:
        """Show the form again, because the password was wrong or was not checked."""
        if not isinstance(error, TooManyAttempts):
            return self.render_form(form)
        response = self.render_form(form, status=429)
        response.headers["Retry-After"] = str(math.ceil(error.wait))
        return response

    def render_form(self, form: Any, *, status: int = 200) -> HttpResponse:
        raise NotImplementedError

    def lock_user(self) -> Any:
        """Lock the user's row, and return the user. Call this method in a transaction.

        :raises LoggedOutMeanwhile: after the session was checked, the user was deleted or
            deactivated, or the password was changed.
        """
        tokens = self.get_queryset()
        user = lock_user(tokens.model, self.request.user.pk, using=self.database)
        if user is None or not getattr(user, "is_active", True):
            raise LoggedOutMeanwhile
        if hasattr(user, "get_session_auth_hash"):
            known = self.request.session.get(HASH_SESSION_KEY, "")
            if not constant_time_compare(known, user.get_session_auth_hash()):
                raise LoggedOutMeanwhile
        return user

    def get_usage(self, token: AbstractToken) -> str | None:
        """Hook: return an example that does not contain the key itself, or None for no example."""
        return example_of(self.request)

    def render_key(self, token: AbstractToken) -> HttpResponse:
        """Show the key. Only this answer to the POST contains it."""
        self.template_name = self.key_template_name
        row = self.row(token)
        return self.render(
            title=_("Your new API token"),
            row=row,
            key=keys.hidden(token.key),
            usage=self.get_usage(token),
            done_url=self.page_url("tokens"),
        )
