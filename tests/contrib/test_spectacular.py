from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.permissions import HasScopes
from drf_token_auth.test import act_as
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
    # Our own serializers have a field of the same name with other choices.
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


class SessionView(NotesView):
    permission_classes = (IsAuthenticated,)
    authentication_classes = (ExpiringTokenAuthentication, SessionAuthentication)


class ListedAuthentication(ExpiringTokenAuthentication):
    keyword = ["Word", "Bearer"]


class ListedView(NotesView):
    authentication_classes = (ListedAuthentication,)


class SchoolLoginView(LoginView):
    pass


urlpatterns = [
    *(one for one in contrib_urls.urlpatterns if getattr(one, "name", "") != "echo"),
    path("notes/", NotesView.as_view()),
    path("drafts/", DraftsView.as_view()),
    path("open/", OpenView.as_view()),
    path("keyed/", KeyedView.as_view()),
    path("session/", SessionView.as_view()),
    path("listed/", ListedView.as_view()),
    path("school/login/", SchoolLoginView.as_view()),
]


def generate(into: Path, *options: str) -> dict[str, Any]:
    call_command(
        *("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json"),
        *("--urlconf", __name__, "--file", str(into), *options),
    )
    schema: dict[str, Any] = json.loads(into.read_text("utf-8"))
    return schema


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return generate(tmp_path_factory.mktemp("schema") / "schema.json")


def body(schema: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a JSON body."""
    shown = content["content"]["application/json"]["schema"]
    if "$ref" in shown:
        shown = schema["components"]["schemas"][shown["$ref"].rpartition("/")[2]]
    properties: dict[str, Any] = shown.get("properties", {})
    return properties


def test_every_route_is_in_the_schema(schema: dict[str, Any]) -> None:
    found = {route: " ".join(sorted(schema["paths"][route])) for route in ROUTES}
    assert found == ROUTES


def test_the_schema_of_login_has_its_body_and_its_answers(schema: dict[str, Any]) -> None:
    login = schema["paths"]["/auth/login/"]["post"]
    # No authenticator runs.
    assert not any(login.get("security", []))
    assert list(body(schema, login["requestBody"])) == ["username", "password", "name"]
    answer = body(schema, login["responses"]["200"])
    assert list(answer) == ["token", "expires_at", "id", "kind", "name", "scopes"]
    assert answer["expires_at"]["nullable"] is True
    assert answer["scopes"]["type"] == "array"
    assert set(login["responses"]) == {"200", "400", "403", "406", "413", "415", "429"}


def test_a_login_view_derived_from_ours_has_the_same_answer(schema: dict[str, Any]) -> None:
    login = schema["paths"]["/school/login/"]["post"]
    assert "token" in body(schema, login["responses"]["200"])


@pytest.mark.parametrize("route", ["logout/", "logout/all/", "logout/others/"])
def test_logout_answers_204_with_nothing(schema: dict[str, Any], route: str) -> None:
    logout = schema["paths"][f"/auth/{route}"]["post"]
    assert "content" not in logout["responses"]["204"]
    assert "200" not in logout["responses"]
    assert ("requestBody" in logout) is (route != "logout/")


def test_rotation_has_no_request_body(schema: dict[str, Any]) -> None:
    rotate = schema["paths"]["/auth/token/rotate/"]["post"]
    assert "requestBody" not in rotate
    assert "token" in body(schema, rotate["responses"]["200"])


def test_the_schema_of_tokens_has_its_bodies_and_its_answers(schema: dict[str, Any]) -> None:
    tokens = schema["paths"]["/auth/tokens/"]
    assert "token" in body(schema, tokens["post"]["responses"]["201"])
    fields = {"name", "scopes", "ttl", "expires_at", "kind"}
    assert fields == set(body(schema, tokens["post"]["requestBody"]))
    page = body(schema, tokens["get"]["responses"]["200"])
    assert set(page) == {"count", "next", "previous", "results"}
    token = schema["paths"]["/auth/tokens/{id}/"]
    assert token["get"]["parameters"][0]["schema"]["type"] == "integer"
    assert "content" not in token["delete"]["responses"]["204"]
    assert list(body(schema, token["patch"]["requestBody"])) == ["name"]
    assert "hint" in body(schema, token["patch"]["responses"]["200"])


@pytest.mark.parametrize(
    ("method", "route", "sent"),
    [
        ("post", "/auth/login/", {"username": "ada", "password": "wrong"}),
        ("post", "/auth/login/", {}),
        ("post", "/auth/login/", "no JSON"),
        ("post", "/auth/logout/all/", {"personal": "perhaps"}),
        ("post", "/auth/logout/others/", {"personal": "perhaps"}),
        ("post", "/auth/tokens/", {"scopes": ["read", {}], "ttl": -1}),
        ("patch", "/auth/tokens/{id}/", {"name": []}),
        ("post", "/auth/revoke/", {}),
    ],
)
def test_a_refusal_looks_as_the_schema_shows(
    user: Any, schema: dict[str, Any], method: str, route: str, sent: Any
) -> None:
    client = APIClient()
    token = act_as(client, user)
    path = route.replace("{id}", str(token.pk))
    raw = sent if isinstance(sent, str) else json.dumps(sent)
    response = client.generic(method.upper(), path, raw, content_type="application/json")
    assert response.status_code == 400, response.content
    shown = schema["paths"][route][method]["responses"]["400"]["content"]["application/json"]
    assert list(body(schema, {"content": {"application/json": shown}})) == [
        "non_field_errors",
        "detail",
    ]
    jsonschema.validate(response.json(), {**shown["schema"], "components": schema["components"]})


REFUSED_REQUESTS: dict[str, dict[str, Any]] = {
    "no credentials": {"HTTP_AUTHORIZATION": ""},
    "wrong key": {"HTTP_AUTHORIZATION": "Token nonsense"},
    "no such format": {"HTTP_ACCEPT": "text/unknown"},
    "unknown format": {"data": "x", "content_type": "text/unknown"},
    "long body": {"data": "x" * 1_000_001, "content_type": "application/json"},
    "no JSON": {"data": "{", "content_type": "application/json"},
    "no object": {"data": "[]", "content_type": "application/json"},
    "no such page": {"QUERY_STRING": "page=99"},
    "nothing": {},
}


@pytest.mark.parametrize("name", REFUSED_REQUESTS)
def test_the_status_of_each_answer_is_in_the_schema(
    user: Any, schema: dict[str, Any], name: str
) -> None:
    sent = REFUSED_REQUESTS[name]
    for route, methods in ROUTES.items():
        for method in methods.split():
            operation = schema["paths"][route][method]
            if "data" in sent and "requestBody" not in operation:
                continue
            for pk in ["{id}", "0"]:
                client = APIClient()
                token = act_as(client, user)
                path = route.replace("{id}", str(token.pk) if pk == "{id}" else pk)
                answer = client.generic(method.upper(), path, **sent)
                shown = operation["responses"]
                assert str(answer.status_code) in shown, (method, path, answer.status_code)


@pytest.mark.parametrize("route", ["logout/", "token/", "token/rotate/"])
def test_a_route_without_a_body_has_only_the_400_for_a_missing_token(
    schema: dict[str, Any], route: str
) -> None:
    [answer] = schema["paths"][f"/auth/{route}"].values()
    assert list(body(schema, answer["responses"]["400"])) == ["detail"]


def test_the_strict_body_takes_no_other_fields(schema: dict[str, Any]) -> None:
    components = schema["components"]["schemas"]
    strict = {name for name, one in components.items() if one.get("additionalProperties") is False}
    assert strict == {"TokenPersonal"}


@pytest.mark.parametrize("rate", [None, "60/min"])
def test_the_429_of_refused_keys_is_in_the_schema(
    tmp_path: Path, settings: Any, rate: str | None
) -> None:
    settings.DRF_TOKEN_AUTH = {"FAILED_KEY_RATE": rate}
    paths = generate(tmp_path / "rate.json")["paths"]
    always = {"/auth/login/", "/auth/revoke/"}
    for route, methods in ROUTES.items():
        for method in methods.split():
            shown = "429" in paths[route][method]["responses"]
            assert shown is (rate is not None or route in always), (route, method)
    assert ("429" in paths["/notes/"]["get"]["responses"]) is (rate is not None)


def test_a_refused_csrf_token_is_in_the_schema(schema: dict[str, Any]) -> None:
    """Only requests with a session need a CSRF token, and only if they may change something."""
    assert "403" in schema["paths"]["/session/"]["post"]["responses"]
    assert "403" not in schema["paths"]["/session/"]["get"]["responses"]


def test_each_authenticator_has_its_scheme(schema: dict[str, Any]) -> None:
    schemes = schema["components"]["securitySchemes"]
    assert set(schemes) == {
        *("expiringTokenAuth", "bearerTokenAuth", "tokenAuth"),
        *("keyAuth", "lowerBearer", "cookieAuth"),
        *("listedAuthWord", "listedAuthBearer"),
    }
    assert schemes["listedAuthBearer"] == {"type": "http", "scheme": "bearer"}
    assert '"Word"' in schemes["listedAuthWord"]["description"]
    assert schemes["bearerTokenAuth"] == {"type": "http", "scheme": "bearer"}
    assert schemes["lowerBearer"] == {"type": "http", "scheme": "bearer"}
    assert (schemes["keyAuth"]["type"], schemes["keyAuth"]["name"]) == ("apiKey", "Authorization")
    assert '"Key"' in schemes["keyAuth"]["description"]


def test_a_view_shows_its_scopes_and_refusals(schema: dict[str, Any]) -> None:
    notes = schema["paths"]["/notes/"]
    assert notes["get"]["description"] == "Notes.\n\nScopes: `read`."
    assert "Scopes: `write`." in notes["post"]["responses"]["403"]["description"]
    assert list(body(schema, notes["post"]["responses"]["401"])) == ["detail"]
    # The view of the schema needs no user.
    assert "401" not in schema["paths"]["/schema/"]["get"]["responses"]


def test_combined_permissions_show_their_scopes(schema: dict[str, Any]) -> None:
    assert schema["paths"]["/drafts/"]["get"]["description"] == "Notes.\n\nScopes: `read`."
    # The view also allows staff without the scope.
    assert schema["paths"]["/open/"]["get"]["description"] == "Notes."


def test_no_component_takes_a_common_name(schema: dict[str, Any]) -> None:
    common = {"Token", "Login", "Logout", "AuthToken", "KindEnum", "Error"}
    ours = {name for name in schema["components"]["schemas"] if "Kind" not in name}
    assert common & ours == set()


def test_a_schema_with_split_requests_has_the_login_body(tmp_path: Path, settings: Any) -> None:
    from drf_spectacular.settings import patched_settings

    with patched_settings({"COMPONENT_SPLIT_REQUEST": True, "OAS_VERSION": "3.1.0"}):
        schema = generate(tmp_path / "split.json")
    login = schema["paths"]["/auth/login/"]["post"]
    assert "password" in body(schema, login["requestBody"])


def test_a_package_with_other_refusals_describes_them_itself(tmp_path: Path, settings: Any) -> None:
    package = "drf_standardized_errors"
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, package]
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "EXCEPTION_HANDLER": f"{package}.handler.exception_handler",
        "DEFAULT_SCHEMA_CLASS": f"{package}.openapi.AutoSchema",
    }
    into = tmp_path / "standardized.json"
    call_command(
        *("spectacular", "--validate", "--format", "openapi-json"),
        *("--urlconf", "drf_token_auth.urls", "--file", str(into)),
    )
    schema = json.loads(into.read_text("utf-8"))
    assert not {name for name in schema["components"]["schemas"] if name.startswith("TokenRefus")}
    answers = schema["paths"]["/tokens/"]["post"]["responses"]
    assert "token" in body(schema, answers["201"])
    assert {"400", "401"} < set(answers)


def test_a_warning_fails_the_generation_of_the_schema(tmp_path: Path) -> None:
    class Nameless(APIView):
        def get(self, request: Any) -> Response:
            raise NotImplementedError

    urlpatterns.append(path("nameless/", Nameless.as_view()))
    try:
        with pytest.raises(CommandError):
            generate(tmp_path / "warned.json")
    finally:
        urlpatterns.pop()
