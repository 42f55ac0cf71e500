"""What goes into and comes out of the views."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth import authenticate, get_user_model
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from rest_framework import serializers
from rest_framework.utils.html import is_html_input

from . import keys
from .base_models import AbstractToken, Kind, clean_name
from .exceptions import UnknownScopes
from .scopes import encode_scopes

__all__ = [
    "AuthTokenSerializer",
    "IssuedTokenSerializer",
    "LoggedInSerializer",
    "LoginSerializer",
    "LogoutSerializer",
    "NothingSerializer",
    "PersonalTokenSerializer",
    "RevokeSerializer",
    "TokenNameSerializer",
    "TokenSerializer",
]

PASSWORD_LENGTH = 4096
# Seconds: as long as a date far in the future can still be written down.
LONGEST_TTL = 100 * 365 * 24 * 60 * 60


class AnyTextField(serializers.CharField):
    """Text with whatever is in it, NUL and lone surrogates too: its user cleans or refuses it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators = []


class PasswordField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        return keys.hidden(super().to_internal_value(data))


class KeyField(AnyTextField):
    def to_internal_value(self, data: Any) -> str:
        return keys.hidden(super().to_internal_value(data))


class NameField(AnyTextField):
    """A name of any length and content, made fit for one line of a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_blank=True, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        value = super().run_validation(data)
        return clean_name(value) if isinstance(value, str) else value


class ScopesField(serializers.ListField):
    """The scopes as a list; null is all the user may do."""

    child = serializers.CharField()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, allow_empty=False, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        scopes = super().to_internal_value(data.split() if isinstance(data, str) else data)
        try:
            encode_scopes(scopes)
        except UnknownScopes as error:
            raise serializers.ValidationError(
                _("Unknown scope: %(unknown)s.") % {"unknown": ", ".join(error.unknown)},
                code=error.code,
            ) from None
        return scopes


class NamedSerializer(serializers.Serializer[Any]):
    """Called in a schema what ``Meta.ref_name`` says; a subclass without one, by its own name.

    Other packages have a ``LoginSerializer`` and a ``TokenSerializer`` too, and a schema has one
    component of a name.
    """

    Meta: ClassVar[type[Any]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "Meta" not in vars(cls):
            own_name = cls.__name__.removesuffix("Serializer")
            cls.Meta = type("Meta", (cls.Meta,), {"ref_name": own_name})


# What a form names the items of a list.
_ITEM = re.compile(r"(.+)\[[0-9]+\]")


class StrictSerializer(NamedSerializer):
    """Refuses each field that it does not have by its name: a restriction that is misspelt, and so
    left out, would make a token that may do more.
    """

    class Meta:
        ref_name = "TokenStrict"

    refusal: Any = _("There is no such field.")
    refusal_code = "unknown_field"

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = {name: [self.refusal] for name in data if not self._has(name, data)}
            if unknown:
                raise serializers.ValidationError(unknown, code=self.refusal_code)
        return super().to_internal_value(data)

    def _has(self, name: Any, data: Mapping[Any, Any]) -> bool:
        item = _ITEM.fullmatch(name) if is_html_input(data) else None
        if item is not None:
            return isinstance(self.fields.get(item[1]), serializers.ListField)
        return name in self.fields


class LoginSerializer(NamedSerializer):
    """Credentials in; ``validated_data["user"]`` out.

    The user may be named by ``username`` or by the project's USERNAME_FIELD (``email``).
    """

    class Meta:
        ref_name = "TokenLogin"

    username = serializers.CharField(label=_("Username"), write_only=True)
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
        user_model = get_user_model()
        name = user_model.USERNAME_FIELD
        column: Any = user_model._meta.get_field(name)
        fields["username"] = serializers.CharField(
            label=_("Username"), write_only=True, max_length=column.max_length or 254
        )
        given = getattr(self, "initial_data", None)
        if not (isinstance(given, Mapping) and "username" in given):
            fields = {name if key == "username" else key: f for key, f in fields.items()}
        return fields

    @sensitive_variables()
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        username = attrs.get("username", attrs.get(get_user_model().USERNAME_FIELD))
        password = attrs.get("password")
        if username is None or password is None:
            raise serializers.ValidationError(
                _('Must include "username" and "password".'), code="authorization"
            )
        request = self.context.get("request")
        user = authenticate(
            # django-axes leaves word of a lock-out on Django's own request.
            request=getattr(request, "_request", request),
            username=username,
            password=password,
        )
        if user is None or not getattr(user, "is_active", True):
            # One answer for an unknown user, a wrong password and an inactive user.
            raise serializers.ValidationError(
                _("Unable to log in with provided credentials."), code="authorization"
            )
        attrs["user"] = user
        return attrs


# By DRF's name, for code of which only the module's path is changed.
AuthTokenSerializer = LoginSerializer


class TokenSerializer(NamedSerializer):
    """A token as its user sees it: no key, no digest."""

    class Meta:
        ref_name = "TokenDetail"

    id = serializers.IntegerField(read_only=True)
    kind = serializers.ChoiceField(choices=Kind.choices, read_only=True)
    name = serializers.CharField(read_only=True)
    hint = serializers.CharField(read_only=True)
    scopes = serializers.ListField(
        child=serializers.CharField(), source="scope_list", read_only=True, allow_null=True
    )
    created_at = serializers.DateTimeField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True, allow_null=True)
    last_used_at = serializers.DateTimeField(read_only=True, allow_null=True)
    current = serializers.SerializerMethodField()

    def get_current(self, token: AbstractToken) -> bool:
        """Whether it is the token of this request."""
        presented = getattr(self.context.get("request"), "auth", None)
        return isinstance(presented, AbstractToken) and presented.pk == token.pk


class IssuedTokenSerializer(TokenSerializer):
    """A token and its key, the once."""

    class Meta:
        ref_name = "TokenIssued"

    token = serializers.CharField(source="key", read_only=True)


class LoggedInSerializer(IssuedTokenSerializer):
    """What a login answers: the key first, and no more of the token than a client needs."""

    class Meta:
        ref_name = "TokenLoggedIn"

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        named = ("token", "expires_at", "id", "kind", "name", "scopes")
        return {name: fields[name] for name in named}


class TokenNameSerializer(StrictSerializer):
    """The one thing that can be changed of a token. Any other field is refused by its name."""

    class Meta:
        ref_name = "TokenName"

    refusal = _("This field can't be changed.")
    refusal_code = "read_only"

    name = NameField()


class PersonalTokenSerializer(StrictSerializer):
    """The wish for a personal token. Any other field is refused by its name."""

    class Meta:
        ref_name = "TokenPersonal"

    name = NameField()
    scopes = ScopesField(required=False)
    ttl = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=LONGEST_TTL,
        help_text=_("Lifetime in seconds; null for a token that never expires."),
    )

    def validate_ttl(self, seconds: int | None) -> timedelta | None:
        return None if seconds is None else timedelta(seconds=seconds)


class NothingSerializer(NamedSerializer):
    """For a view that takes no body and answers none, as DRF's pages and schemas ask for one."""

    class Meta:
        ref_name = "TokenNothing"


class LogoutSerializer(NamedSerializer):
    """What ``logout/all/`` and ``logout/others/`` take."""

    class Meta:
        ref_name = "TokenLogout"

    personal = serializers.BooleanField(
        default=False, help_text=_("End the personal tokens as well.")
    )

    @property
    def kinds(self) -> list[str]:
        return [Kind.LOGIN, Kind.PERSONAL] if self.validated_data["personal"] else [Kind.LOGIN]


class RevokeSerializer(NamedSerializer):
    """RFC 7009 2.1; ``token_type_hint`` is ignored, whatever it says."""

    class Meta:
        ref_name = "TokenRevoke"

    token = KeyField(write_only=True, trim_whitespace=False)
