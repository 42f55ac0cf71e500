"""The body of a login."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate, get_user_model
from django.core.exceptions import MultipleObjectsReturned
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from rest_framework import serializers

from ..logins.account_name import is_impossible_name, name_field
from .parts import LoginNameField, NameField, PasswordField

PASSWORD_LENGTH = 4096
WRONG_CREDENTIALS = _("Unable to log in with provided credentials.")


class TokenLoginSerializer(serializers.Serializer[Any]):
    """Check a username and a password. The user is ``validated_data["user"]``.

    The name is in ``username`` or in the project's ``USERNAME_FIELD``, such as ``email``. A
    subclass may remove ``username`` or declare it again.
    """

    username = LoginNameField(label=_("Username"), write_only=True)
    password = PasswordField(
        label=_("Password"),
        style={"input_type": "password"},
        trim_whitespace=False,
        max_length=PASSWORD_LENGTH,
        write_only=True,
    )
    name = NameField(label=_("Device name"), write_only=True)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        shown = name_field(getattr(self, "initial_data", None))
        if shown == "username" or not isinstance(fields.get("username"), LoginNameField):
            return fields
        # The project's USERNAME_FIELD may be "name". Our field for the device's name has that name
        # too, so leave it out.
        fields.pop(shown, None)
        # validate() finds the name under "username", whatever the client calls it.
        fields["username"].source = "username"
        return {shown if name == "username" else name: one for name, one in fields.items()}

    @sensitive_variables()
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the values, with the user in ``user``.

        :raises ValidationError: a value is missing or the login is refused. An unknown user, a
            wrong password and an inactive user have the same answer (OWASP ASVS 6.3.8).
        """
        username = attrs.get("username", attrs.get(get_user_model().USERNAME_FIELD))
        password = attrs.get("password")
        if username is None or password is None:
            raise serializers.ValidationError(
                _('Must include "username" and "password".'), code="authorization"
            )
        user = self._authenticate(username, password)
        if user is None or not getattr(user, "is_active", True):
            raise serializers.ValidationError(WRONG_CREDENTIALS, code="authorization")
        attrs["user"] = user
        return attrs

    def _authenticate(self, username: str, password: str) -> Any:
        request = self.context.get("request")
        try:
            return authenticate(
                # django-axes marks a lock-out on Django's own request.
                request=getattr(request, "_request", request),
                username=username,
                password=password,
            )
        except (MultipleObjectsReturned, get_user_model().DoesNotExist):
            # A backend of the project may call get(). An unknown name must not look like an error.
            return None
        except Exception:
            # Django's backend does not catch the error for a name that no account can have, such as
            # letters in a column of numbers.
            if is_impossible_name(str(username)):
                return None
            raise


LoginSerializer = TokenLoginSerializer
# DRF's name, so that a project only has to change the module in its imports.
AuthTokenSerializer = TokenLoginSerializer
