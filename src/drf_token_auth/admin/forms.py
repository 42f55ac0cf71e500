"""The admin's forms: make a token, rename it, and find it by its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin import widgets
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..base_models import AbstractToken, Kind, clean_name
from ..conf import get_settings
from ..conf.rules import LONGEST
from ..exceptions import UnknownScopes
from ..managers import all_rows
from ..pages.step_up import can_confirm_password, is_fresh
from ..rows.database_text import storable
from ..scopes import encode_scopes
from .rights import confirm_password

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[AbstractToken]
else:
    _ModelForm = forms.ModelForm

__all__ = ["FindByKeyForm", "TokenAddForm", "TokenForm"]


class ScopesChoice(forms.MultipleChoiceField):
    """Checkboxes. A value may also have several names in one text, as the column stores them."""

    widget = forms.CheckboxSelectMultiple

    def to_python(self, value: Any) -> list[str]:
        return [name for text in super().to_python(value) for name in text.split()]

    def validate(self, value: Any) -> None:
        try:
            encode_scopes(value or None)
        except UnknownScopes as error:
            raise ValidationError(
                _("SCOPES does not declare: %(names)s."),
                code=error.code,
                params={"names": ", ".join(error.unknown)},
            ) from error


class TokenForm(_ModelForm):
    """Refuse an expiry in the past, or more than 100 years from now."""

    def clean_expires_at(self) -> Any:
        """Return the expiry, or None for never.

        :raises ValidationError: it is past (code ``expired``) or too far away (``late``).
        """
        expires_at = self.cleaned_data.get("expires_at")
        is_new = "expires_at" in self.changed_data or self.instance._state.adding
        if expires_at is not None and is_new and expires_at <= timezone.now():
            raise ValidationError(_("The expiry must be in the future."), code="expired")
        # The database stores times in UTC. Near the year 9999, the conversion to UTC may overflow.
        if expires_at is not None and is_new and expires_at - timezone.now() > LONGEST:
            text = _("Give a time in the future, at most 100 years from now.")
            raise ValidationError(text, code="late")
        return expires_at


class TokenAddForm(TokenForm):
    """Make a token. The admin sets ``request`` and ``may_issue_for`` on a subclass."""

    request: Any
    may_issue_for: Any

    full_access = forms.BooleanField(label=_("Everything the user may do"), required=False)
    scopes = ScopesChoice(label=_("Scopes"), required=False)
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=_("You logged in some time ago. Confirm that it is you."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        declared = get_settings().SCOPES
        scopes: Any = self.fields["scopes"]
        scopes.choices = [(name, f"{name}: {text}") for name, text in declared.items()]
        if not declared:
            del self.fields["full_access"]
            scopes.help_text = _(
                "The project declares no scopes. The token may do everything that the user may do."
            )
        self.is_stale = not is_fresh(self.request)
        if not self.is_stale or not can_confirm_password(self.request):
            del self.fields["password"]

    def clean_user(self) -> Any:
        """Return the user.

        :raises ValidationError: ``may_issue_for`` says no (code ``more_rights``).
        """
        user = self.cleaned_data["user"]
        if not self.may_issue_for(self.request, user):
            raise ValidationError(
                _("You cannot make a token for this user, who may do more than you."),
                code="more_rights",
            )
        return user

    def clean_password(self) -> None:
        """Check the password of the staff member (OWASP ASVS 7.5.1). Keep no copy of it.

        :raises ValidationError: the password is wrong, or there were too many attempts.
        """
        confirm_password(self.request, self.cleaned_data["password"])

    def clean(self) -> Any:
        super().clean()
        values = self.cleaned_data
        self._clean_access(values)
        if values.get("kind") == Kind.PERSONAL and values.get("user") is not None:
            self._clean_unique_name(values)
        if self.is_stale and "password" not in self.fields:
            self.add_error(None, _("You logged in some time ago. Log out and log in again."))
        refused = getattr(self.request, "token_refused", None)
        if refused is not None:
            self.add_error(None, refused)
        return values

    def _clean_access(self, values: dict[str, Any]) -> None:
        if "full_access" in self.fields and "scopes" not in self.errors:
            if values.get("full_access") and values.get("scopes"):
                self.add_error("scopes", _("Tick scopes, or everything, but not both."))
            elif not values.get("full_access") and not values.get("scopes"):
                self.add_error("scopes", _("Tick what the token may do."))
        values["scopes"] = encode_scopes(values.get("scopes") or None)

    def _clean_unique_name(self, values: dict[str, Any]) -> None:
        """Refuse the name of another usable token, so that a reload makes no second token."""
        model: Any = self._meta.model
        others = all_rows(model, model._default_manager.db).usable()
        name = storable(others, clean_name(values.get("name", "")))
        if name and others.filter(user=values["user"], kind=Kind.PERSONAL, name=name).exists():
            self.add_error("name", _("The user has a personal token of this name."))


class FindByKeyForm(forms.Form):
    """Ask for a key. The page never shows it again."""

    key = forms.CharField(
        label=_("Key"),
        max_length=300,
        widget=widgets.AdminTextInputWidget(
            attrs={"autocomplete": "off", "spellcheck": "false", "autofocus": True}
        ),
    )
