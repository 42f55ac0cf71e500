"""The forms of the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import keys
from ..conf import get_settings
from ..rows.creation import NAME_LENGTH, clean_name
from ..rows.database_text import storable
from . import durations

__all__ = ["NewKeyForm", "NewTokenForm", "PasswordForm"]

PASSWORD_LENGTH = 4096
EVERYTHING, ONLY = "everything", "only"


class NameForm(forms.Form):
    """A field for a name. ``taken`` is a queryset of the tokens whose names are not available."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, taken: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.taken = taken

    def clean_name(self) -> str:
        name = clean_name(self.cleaned_data["name"])
        if self.taken is not None:
            name = storable(self.taken, name)
        if not name:
            raise ValidationError(self.fields["name"].error_messages["required"], code="required")
        if self.taken is not None and self.taken.filter(name__iexact=name).exists():
            raise self.name_is_taken()
        return name

    @staticmethod
    def name_is_taken() -> ValidationError:
        return ValidationError(_("You already have an API token with this name."), code="taken")


class PasswordForm(forms.Form):
    """A field for the password. The form has it if the user must confirm who they are."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        max_length=PASSWORD_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=gettext_lazy("You logged in a while ago. Please confirm that it is you."),
    )

    def __init__(self, *args: Any, asks_password: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_password:
            del self.fields["password"]

    def clean_password(self) -> str:
        return keys.hidden(self.cleaned_data["password"])


class NewKeyForm(PasswordForm):
    """Confirm that the key with this ``hint`` may be replaced.

    If a reload sends the form again, the token has another hint by then. So its new key stays.
    """

    replaces = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, hint: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hint = hint
        self.fields["replaces"].initial = hint

    def clean(self) -> dict[str, Any]:
        super().clean()
        data: dict[str, Any] = self.cleaned_data
        if data.get("replaces") != self.hint:
            # Put the newer hint into the form. The user can send the form again to replace the
            # newer key.
            posted: Any = self.data
            self.data = posted = posted.copy()
            posted[self.add_prefix("replaces")] = self.hint
            text = _(
                "This key has already been replaced. The newer key stays as it is. If you have not "
                "copied it, make another one."
            )
            raise ValidationError(text, code="replaced")
        return data


class NewTokenForm(PasswordForm, NameForm):
    """The name, the lifetime and the scopes of a new API token."""

    lifetime = forms.ChoiceField(label=gettext_lazy("Expires"), widget=forms.RadioSelect)
    expires_on = forms.DateField(
        label=gettext_lazy("Expires on"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("The token works until the end of this day."),
    )
    access = forms.ChoiceField(
        label=gettext_lazy("This token may do"),
        widget=forms.RadioSelect,
        choices=[
            (EVERYTHING, gettext_lazy("Everything that I may do")),
            (ONLY, gettext_lazy("Only what I choose below")),
        ],
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Only this"), required=False, widget=forms.CheckboxSelectMultiple
    )
    field_order = ["name", "lifetime", "expires_on", "access", "scopes", "password"]

    def __init__(
        self,
        *args: Any,
        lifetimes: list[tuple[str, str]],
        scopes: list[tuple[str, Any]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["name"].help_text = _("What is this token for?")
        fields["lifetime"].choices = lifetimes
        longest = get_settings().MAX_TTL
        if longest is not None:
            words = {"duration": durations.in_words(longest)}
            fields["lifetime"].help_text = _("At most %(duration)s.") % words
        today = durations.local(timezone.now()).date()
        limits = {"min": today.isoformat(), "max": durations.last_day().isoformat()}
        fields["expires_on"].widget.attrs.update(limits)
        if durations.DATE not in dict(lifetimes):
            del fields["expires_on"]
        fields["scopes"].choices = [
            (name, format_html("{} <code>{}</code>", text, name)) for name, text in scopes
        ]
        if not scopes:
            del fields["access"], fields["scopes"]

    def clean_expires_on(self) -> Any:
        day = self.cleaned_data["expires_on"]
        if day is None:
            return None
        if day < durations.local(timezone.now()).date():
            raise ValidationError(_("This day is in the past."), code="past")
        if day > durations.last_day():
            words = {"date": date_format(durations.last_day(), "DATE_FORMAT")}
            raise ValidationError(_("The latest possible day is %(date)s.") % words, code="late")
        return day

    def clean(self) -> dict[str, Any]:
        super().clean()
        data: dict[str, Any] = self.cleaned_data
        is_dated = data.get("lifetime") == durations.DATE
        if is_dated and data.get("expires_on") is None and "expires_on" not in self.errors:
            self.add_error("expires_on", ValidationError(_("Choose a day."), code="required"))
        if not is_dated and data.get("expires_on") is not None:
            text = _("You chose a lifetime, and also a day. Please choose one of the two.")
            self.add_error("expires_on", ValidationError(text, code="contradiction"))
        access, scopes = data.get("access"), data.get("scopes")
        if access == ONLY and not scopes and "scopes" not in self.errors:
            text = _("Choose at least one thing that the token may do.")
            self.add_error("scopes", ValidationError(text, code="required"))
        if access == EVERYTHING and scopes:
            text = _("You chose everything, and also single things. Please choose one of the two.")
            self.add_error("access", ValidationError(text, code="contradiction"))
        return data

    @property
    def ttl(self) -> timedelta | None:
        """Return the lifetime from a valid form. None means that the token never expires."""
        choice = self.cleaned_data["lifetime"]
        if choice == durations.NEVER:
            return None
        if choice == durations.DATE:
            return durations.end_of_day(self.cleaned_data["expires_on"]) - timezone.now()
        return timedelta(seconds=int(choice))

    @property
    def scope_list(self) -> list[str] | None:
        """Return the scopes from a valid form. None means everything that the user may do."""
        return self.cleaned_data["scopes"] if self.cleaned_data.get("access") == ONLY else None
