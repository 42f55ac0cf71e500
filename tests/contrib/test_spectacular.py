from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.permissions import HasScopes
from drf_token_auth.views import LoginView
from tests.contrib import urls as contrib_urls

ROUTES = {
    "/auth/login/": "post",
    "/auth/logout/": "post",
    "/auth/logout/all/": "post",
    "/auth/logout/others/": "post",
    "/auth/token/": "get",
    "/auth/token/rotate/": "post",
    "/auth/tokens/": "get post",
    "/auth/tokens/{id}/": "delete get patch",
    "/auth/revoke/": "post",
}


class NoteSerializer(serializers.Serializer[Any]):
    # As in our own serializers: the same name, and other choices.
    kind = serializers.ChoiceField(choices=["long", "short"])


class DraftSerializer(NoteSerializer):
    title = serializers.CharField()


class NotesView(APIView):
    """Notes."""

    permission_classes = (HasScopes,)

    @extend_schema(responses=NoteSerializer)
    def get(self, request: Any) -> Response:
        raise NotImplementedError

    @extend_schema(request=DraftSerializer, responses={201: DraftSerializer})
    def post(self, request: Any) -> Response:
        raise NotImplementedError


class DraftsView(NotesView):
    permission_classes = (IsAuthenticated & (HasScopes & ~IsAdminUser),)


class OpenView(NotesView):
    permission_classes = (HasScopes | IsAdminUser,)


class KeyAuthentication(ExpiringTokenAuthentication):
    keyword = "Key"


class LowerBearer(ExpiringTokenAuthentication):
    keyword = "bearer"


class KeyedView(NotesView):
    authentication_classes = (KeyAuthentication, LowerBearer)


class SchoolLoginView(LoginView):
    pass


urlpatterns = [
    *(one for one in contrib_urls.urlpatterns if getattr(one, "name", "") != "echo"),
    path("notes/", NotesView.as_view()),
    path("drafts/", DraftsView.as_view()),
    path("open/", OpenView.as_view()),
    path("keyed/", KeyedView.as_view()),
    path("school/login/", SchoolLoginView.as_view()),
]


def draw(into: Path, *options: str) -> dict[str, Any]:
    call_command(
        *("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json"),
        *("--urlconf", __name__, "--file", str(into), *options),
    )
    schema: dict[str, Any] = json.loads(into.read_text("utf-8"))
    return schema


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return draw(tmp_path_factory.mktemp("schema") / "schema.json")


def body(schema: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """The properties of a JSON body."""
    shown = content["content"]["application/json"]["schema"]
    if "$ref" in shown:
        shown = schema["components"]["schemas"][shown["$ref"].rpartition("/")[2]]
    properties: dict[str, Any] = shown.get("properties", {})
    return properties


def test_every_route_is_in_the_schema(schema: dict[str, Any]) -> None:
    found = {route: " ".join(sorted(schema["paths"][route])) for route in ROUTES}
    assert found == ROUTES


def test_login(schema: dict[str, Any]) -> None:
    login = schema["paths"]["/auth/login/"]["post"]
    # No authenticator runs.
    assert not any(login.get("security", []))
    assert list(body(schema, login["requestBody"])) == ["username", "password", "name"]
    answer = body(schema, login["responses"]["200"])
    assert list(answer) == ["token", "expires_at", "id", "kind", "name", "scopes"]
    assert answer["expires_at"]["nullable"] is True
    assert answer["scopes"]["type"] == "array"
    assert set(login["responses"]) == {"200", "403", "429"}


def test_a_login_view_derived_from_ours(schema: dict[str, Any]) -> None:
    login = schema["paths"]["/school/login/"]["post"]
    assert "token" in body(schema, login["responses"]["200"])


@pytest.mark.parametrize("route", ["logout/", "logout/all/", "logout/others/"])
def test_logout_answers_204_with_nothing(schema: dict[str, Any], route: str) -> None:
    logout = schema["paths"][f"/auth/{route}"]["post"]
    assert "content" not in logout["responses"]["204"]
    assert "200" not in logout["responses"]
    assert ("requestBody" in logout) is (route != "logout/")


def test_rotation_takes_nothing(schema: dict[str, Any]) -> None:
    rotate = schema["paths"]["/auth/token/rotate/"]["post"]
    assert "requestBody" not in rotate
    assert "token" in body(schema, rotate["responses"]["200"])


def test_tokens(schema: dict[str, Any]) -> None:
    tokens = schema["paths"]["/auth/tokens/"]
    assert "token" in body(schema, tokens["post"]["responses"]["201"])
    assert {"name", "scopes", "ttl"} == set(body(schema, tokens["post"]["requestBody"]))
    page = body(schema, tokens["get"]["responses"]["200"])
    assert set(page) == {"count", "next", "previous", "results"}
    token = schema["paths"]["/auth/tokens/{id}/"]
    assert token["get"]["parameters"][0]["schema"]["type"] == "integer"
    assert "content" not in token["delete"]["responses"]["204"]
    assert list(body(schema, token["patch"]["requestBody"])) == ["name"]
    assert "hint" in body(schema, token["patch"]["responses"]["200"])


def test_schemes(schema: dict[str, Any]) -> None:
    schemes = schema["components"]["securitySchemes"]
    assert set(schemes) == {
        *("expiringTokenAuth", "bearerTokenAuth", "tokenAuth"),
        *("keyAuth", "lowerBearer"),
    }
    assert schemes["bearerTokenAuth"] == {"type": "http", "scheme": "bearer"}
    assert schemes["lowerBearer"] == {"type": "http", "scheme": "bearer"}
    assert (schemes["keyAuth"]["type"], schemes["keyAuth"]["name"]) == ("apiKey", "Authorization")
    assert '"Key"' in schemes["keyAuth"]["description"]


def test_scopes_and_refusals_of_a_view(schema: dict[str, Any]) -> None:
    notes = schema["paths"]["/notes/"]
    assert notes["get"]["description"] == "Notes.\n\nScopes: `read`."
    assert "Scopes: `write`." in notes["post"]["responses"]["403"]["description"]
    assert list(body(schema, notes["post"]["responses"]["401"])) == ["detail"]
    # The schema's own view needs nobody.
    assert "401" not in schema["paths"]["/schema/"]["get"]["responses"]


def test_scopes_of_permissions_that_are_combined(schema: dict[str, Any]) -> None:
    assert schema["paths"]["/drafts/"]["get"]["description"] == "Notes.\n\nScopes: `read`."
    # There is another way in.
    assert schema["paths"]["/open/"]["get"]["description"] == "Notes."


def test_no_component_takes_a_common_name(schema: dict[str, Any]) -> None:
    common = {"Token", "Login", "Logout", "AuthToken", "KindEnum", "Error"}
    ours = {name for name in schema["components"]["schemas"] if "Kind" not in name}
    assert common & ours == set()


def test_split_requests(tmp_path: Path, settings: Any) -> None:
    from drf_spectacular.settings import patched_settings

    with patched_settings({"COMPONENT_SPLIT_REQUEST": True, "OAS_VERSION": "3.1.0"}):
        schema = draw(tmp_path / "split.json")
    login = schema["paths"]["/auth/login/"]["post"]
    assert "password" in body(schema, login["requestBody"])


def test_a_warning_would_have_failed_it(tmp_path: Path) -> None:
    class Nameless(APIView):
        def get(self, request: Any) -> Response:
            raise NotImplementedError

    urlpatterns.append(path("nameless/", Nameless.as_view()))
    try:
        with pytest.raises(CommandError):
            draw(tmp_path / "warned.json")
    finally:
        urlpatterns.pop()
