"""drf-spectacular: the schemes of our authenticators, what our views answer, scopes and refusals.

Loaded by the app where ``drf_spectacular`` is installed; nothing has to be set. ``AutoSchema`` is
for ``DEFAULT_SCHEMA_CLASS``, to show scopes and refusals of the project's own views as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from drf_spectacular.contrib.rest_auth import (
    RestAuthLoginView,
    RestAuthLogoutView,
    RestAuthRegisterView,
)
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiViewExtension,
)
from drf_spectacular.openapi import AutoSchema as SpectacularAutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.permissions import AND

from ..authentication import ExpiringTokenAuthentication
from ..base_models import Kind
from ..permissions import HasScopes
from .answers import ANSWERS, TAKE_NOTHING, RefusalSerializer, our_view

__all__ = ["AutoSchema", "ShowScopes"]


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "drf_token_auth.authentication.ExpiringTokenAuthentication"
    match_subclasses = True
    # Above drf-spectacular's own for DRF's TokenAuthentication, which ours is derived from.
    priority = 0

    @property
    def name(self) -> str:
        """One a class, as two schemes can't share a name: ``bearerTokenAuth``."""
        name = type(self.target).__name__.removesuffix("entication")
        return name[:1].lower() + name[1:]

    def get_security_definition(self, auto_schema: Any) -> Any:
        keyword = self.target.keyword
        if keyword.lower() == "bearer":
            keyword = "Bearer"
        return build_bearer_security_scheme_object("Authorization", keyword)


class TokenSerializers(OpenApiSerializerExtension):
    target_class = "drf_token_auth.serializers.TokenSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        # An enum is named after its field, and projects have fields named "kind" too.
        kind = {"type": "string", "readOnly": True, "description": " or ".join(Kind.values)}
        schema["properties"]["kind"] = kind
        return schema


class TokenViews(OpenApiViewExtension):
    target_class = "drf_token_auth.views.base.TokenView"
    match_subclasses = True
    # Below one of the project's own for a subclass.
    priority = -1

    def view_replacement(self) -> Any:
        ours = our_view(self.target)
        if ours is None:
            return self.target
        request = {"request": None} if ours in TAKE_NOTHING else {}
        handler = self.target().get_exception_handler()
        # drf-standardized-errors gives refusals another form, and draws those that nobody has.
        last = 400 if handler.__module__.startswith("drf_standardized_errors.") else 600
        methods = {
            method: extend_schema(
                responses={code: _response(body) for code, body in answers.items() if code < last},
                **request,
            )
            for method, answers in ANSWERS[ours].items()
        }
        return extend_schema_view(**methods)(type(self.target.__name__, (self.target,), {}))


# drf-spectacular knows dj-rest-auth's own views, and these stand in their places.
if apps.is_installed("dj_rest_auth"):

    class RestAuthLogin(RestAuthLoginView):
        target_class = "drf_token_auth.contrib.dj_rest_auth.urls.LoginView"

    class RestAuthLogout(RestAuthLogoutView):
        target_class = "drf_token_auth.contrib.dj_rest_auth.urls.LogoutView"


if apps.is_installed("dj_rest_auth.registration"):

    class RestAuthRegister(RestAuthRegisterView):
        target_class = "drf_token_auth.contrib.dj_rest_auth.registration.RegisterView"


def _response(body: Any) -> Any:
    if body == {}:
        return OpenApiTypes.OBJECT
    return body[0](many=True) if isinstance(body, list) else body


class ShowScopes:
    """What ``HasScopes`` asks for and how our authenticators refuse: for any ``AutoSchema``."""

    view: Any
    method: str

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)  # type: ignore[misc]
        if operation is None or not _takes_tokens(self.view):
            return operation
        responses = operation["responses"]
        if {} not in operation["security"]:
            responses.setdefault("401", self._refusal("The token is missing or refused."))
        scopes = self._scopes()
        if scopes:
            text = f"Scopes: {', '.join(f'`{scope}`' for scope in scopes)}."
            described = operation.get("description", "")
            operation["description"] = f"{described}\n\n{text}".lstrip()
            responses.setdefault("403", self._refusal(f"The token lacks a scope. {text}"))
        return operation

    def _scopes(self) -> list[str]:
        """All that the view's permissions ask for."""
        request = type("Request", (), {"method": self.method})
        return [
            scope
            for permission in _all_of(self.view.get_permissions())
            if isinstance(permission, HasScopes)
            for scope in permission.required(request, self.view)
        ]

    def _refusal(self, description: str) -> dict[str, Any]:
        component = self.resolve_serializer(RefusalSerializer, "response")  # type: ignore[attr-defined]
        return {
            "content": {"application/json": {"schema": component.ref}},
            "description": description,
        }


def _all_of(permissions: Iterable[Any]) -> Iterator[Any]:
    """Those that are asked in any case: both sides of ``A & B``, and of ``A | B`` neither."""
    for one in permissions:
        if isinstance(one, AND):
            sides = vars(one)
            yield from _all_of([sides["op1"], sides["op2"]])
        else:
            yield one


def _takes_tokens(view: Any) -> bool:
    return any(isinstance(one, ExpiringTokenAuthentication) for one in view.get_authenticators())


class AutoSchema(ShowScopes, SpectacularAutoSchema):
    """drf-spectacular's, with :class:`ShowScopes`."""
