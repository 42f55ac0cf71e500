"""What goes into and comes out of the views."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import authenticate, get_user_model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from rest_framework import serializers

from ..base_models import AbstractToken, Kind
from ..conf.rules import LONGEST
from .parts import (
    KeyField,
    NamedSerializer,
    NameField,
    PasswordField,
    ScopesField,
    StrictSerializer,
)

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
LONGEST_TTL = int(LONGEST.total_seconds())


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
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text=_("The same as a time, in its place.")
    )
    kind = serializers.CharField(required=False)

    def validate_ttl(self, seconds: int | None) -> timedelta | None:
        return None if seconds is None else timedelta(seconds=seconds)

    def validate_expires_at(self, moment: datetime | None) -> timedelta | None:
        """What is left until then."""
        left = None if moment is None else moment - timezone.now()
        if left is not None and not timedelta(0) < left <= LONGEST:
            raise serializers.ValidationError(
                _("A time in the future, in 100 years at most."), code="invalid"
            )
        return left

    def validate_kind(self, kind: str) -> str:
        """A form may say it; there is one that can be made."""
        if kind != Kind.PERSONAL:
            serializers.ChoiceField(choices=[]).fail("invalid_choice", input=kind)
        return kind

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        # A form's empty field is null, which is never; a wish in the other field is meant.
        wishes = [attrs.pop(name) for name in ("ttl", "expires_at") if name in attrs]
        lifetimes = [wish for wish in wishes if wish is not None]
        if len(lifetimes) > 1:
            text = _("Give ttl or expires_at, not both.")
            raise serializers.ValidationError({"expires_at": [text]}, code="invalid")
        if wishes:
            attrs["ttl"] = lifetimes[0] if lifetimes else None
        return attrs


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
