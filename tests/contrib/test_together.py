"""Several packages have serializers of the same name. The schema of a project shows them all."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import include, path
from drf_yasg import openapi
from drf_yasg.views import get_schema_view
from rest_framework import serializers

from drf_token_auth.serializers import LoginSerializer
from drf_token_auth.views import LoginView


class EmailLoginSerializer(LoginSerializer):
    email = serializers.EmailField()


class EmailLoginView(LoginView):
    serializer_class = EmailLoginSerializer


class NamedLoginSerializer(LoginSerializer):
    class Meta:
        ref_name = "SchoolLogin"


class NamedLoginView(LoginView):
    serializer_class = NamedLoginSerializer


schema_view = get_schema_view(openapi.Info(title="", default_version="v1"), public=True)
urlpatterns = [
    path("auth/", include("drf_token_auth.urls")),
    path("email/login/", EmailLoginView.as_view()),
    path("school/login/", NamedLoginView.as_view()),
    path("rest-auth/", include("drf_token_auth.contrib.dj_rest_auth.urls")),
    path("rest-auth/registration/", include("drf_token_auth.contrib.dj_rest_auth.registration")),
    path("swagger.json", schema_view.without_ui()),
]


@pytest.fixture
def swagger(db: None, caplog: pytest.LogCaptureFixture) -> Any:
    with caplog.at_level(logging.WARNING):
        response = Client().get("/swagger.json", {"format": "openapi"})
    assert response.status_code == 200
    return response.json()


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Any:
    into: Path = tmp_path_factory.mktemp("schema") / "schema.json"
    call_command(
        *("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json"),
        *("--file", str(into)),
    )
    return json.loads(into.read_text("utf-8"))


def test_yasg_shows_our_serializers_and_those_of_dj_rest_auth(swagger: Any) -> None:
    found = swagger["definitions"]
    assert list(found["Login"]["properties"]) == ["username", "email", "password"]
    assert list(found["TokenLogin"]["properties"]) == ["username", "password", "name"]
    assert list(found["TokenLoggedIn"]["properties"])[:2] == ["token", "expires_at"]
    assert "email" in found["EmailLogin"]["properties"]
    assert "SchoolLogin" in found


def test_spectacular_shows_our_serializers_and_those_of_dj_rest_auth(schema: Any) -> None:
    found = schema["components"]["schemas"]
    assert list(found["Login"]["properties"]) == ["username", "email", "password"]
    assert list(found["TokenLogin"]["properties"]) == ["username", "password", "name"]
    assert "email" in found["EmailLogin"]["properties"]
    assert "SchoolLogin" in found


def answer(schema: Any, route: str, method: str, status: str) -> list[str]:
    content = schema["paths"][route][method]["responses"][status]["content"]
    name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return list(schema["components"]["schemas"][name]["properties"])


def test_spectacular_shows_the_answers_of_our_views_for_dj_rest_auth(schema: Any) -> None:
    key = ["key", "expires_at"]
    assert answer(schema, "/rest-auth/login/", "post", "200") == key
    assert answer(schema, "/rest-auth/logout/", "post", "200") == ["detail"]
    assert answer(schema, "/rest-auth/registration/", "post", "201") == key
