"""drf-spectacular: describe the package's authenticators, its views' answers, and scopes.

The app loads this module if ``drf_spectacular`` is installed. The package's own views need no
setting. To show the scopes and refusals of your own views too, set ``DEFAULT_SCHEMA_CLASS`` to
``AutoSchema``.
"""

from __future__ import annotations

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
    OpenApiSerializerFieldExtension,
    OpenApiViewExtension,
)
from drf_spectacular.openapi import AutoSchema as SpectacularAutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view

from .. import get_token_model
from ..base_models import Kind
from ..permissions import HasScopes, always_asked
from .answers import (
    TAKE_NOTHING,
    RefusalSerializer,
    answers_of,
    common_refusals,
    our_view,
    takes_tokens,
)

__all__ = ["AutoSchema", "ShowScopes"]


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "drf_token_auth.authentication.ExpiringTokenAuthentication"
    match_subclasses = True
    # Come before drf-spectacular's extension for our base class, DRF's TokenAuthentication.
    priority = 0

    @property
    def name(self) -> Any:
        """Return a name such as ``bearerTokenAuth``, or a list with one name for each keyword."""
        name = type(self.target).__name__.removesuffix("entication")
        name = name[:1].lower() + name[1:]
        keywords = self.target.keywords
        return name if len(keywords) == 1 else [f"{name}{word.title()}" for word in keywords]

    def get_security_definition(self, auto_schema: Any) -> Any:
        schemes = [
            build_bearer_security_scheme_object(
                "Authorization", "Bearer" if word.lower() == "bearer" else word
            )
            for word in self.target.keywords
        ]
        return schemes[0] if len(schemes) == 1 else schemes


class TokenSerializers(OpenApiSerializerExtension):
    target_class = "drf_token_auth.serializers.tokens.TokenDetailSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        # Describe the kind as a string, not as an enum. drf-spectacular names an enum after its
        # field, so a field "kind" of the project could make another enum with the same name.
        kind = {"type": "string", "readOnly": True, "description": " or ".join(Kind.values)}
        schema["properties"]["kind"] = kind
        return schema


class TokenIds(OpenApiSerializerFieldExtension):
    target_class = "drf_token_auth.serializers.tokens.TokenIdField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Any:
        return auto_schema._map_model_field(get_token_model()._meta.pk, direction)


class StrictSerializers(OpenApiSerializerExtension):
    target_class = "drf_token_auth.serializers.parts.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, "additionalProperties": False}


class TokenViews(OpenApiViewExtension):
    target_class = "drf_token_auth.views.base.TokenView"
    match_subclasses = True
    # Come after a project's own extension for a subclass of our view.
    priority = -1

    def view_replacement(self) -> Any:
        ours = our_view(self.target)
        if ours is None:
            return self.target
        request = {"request": None} if ours in TAKE_NOTHING else {}
        view = self.target()
        # drf-standardized-errors describes the refusals itself, because it changes their form.
        standardized = view.get_exception_handler().__module__.startswith(
            "drf_standardized_errors."
        )
        last = 400 if standardized else 600
        methods = {
            method: extend_schema(
                responses={
                    code: _response(body)
                    for code, body in sorted(answers_of(view, method).items())
                    if code < last
                },
                **request,
            )
            for method in view.http_method_names
            if hasattr(ours, method) and method != "options"
        }
        return extend_schema_view(**methods)(type(self.target.__name__, (self.target,), {}))


# drf-spectacular has extensions for dj-rest-auth's own views. The classes below are the same
# extensions for the views of this package.
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
    """Mixin for an AutoSchema: show the scopes that ``HasScopes`` asks for, and the refusals."""

    view: Any
    method: str

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)  # type: ignore[misc]
        if operation is None or not takes_tokens(self.view):
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
        for code in common_refusals(self.view, self.method):
            responses.setdefault(str(code), self._refusal(_COMMON[code]))
        return operation

    def _scopes(self) -> list[str]:
        """Return the scopes that every request to the view needs. Leave out scopes in ``A | B``."""
        request = type("Request", (), {"method": self.method})
        return [
            scope
            for permission in always_asked(self.view.get_permissions())
            if isinstance(permission, HasScopes)
            for scope in permission.required(request, self.view)
        ]

    def _refusal(self, description: str) -> dict[str, Any]:
        component = self.resolve_serializer(RefusalSerializer, "response")  # type: ignore[attr-defined]
        return {
            "content": {"application/json": {"schema": component.ref}},
            "description": description,
        }


_COMMON = {403: "The CSRF token is missing or wrong.", 429: "Too many requests."}


class AutoSchema(ShowScopes, SpectacularAutoSchema):
    """drf-spectacular's ``AutoSchema`` with :class:`ShowScopes`."""
