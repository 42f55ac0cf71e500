"""Our views work beside packages that change all views. An impersonation is not a login."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from tests.conftest import PASSWORD
from tests.lives import at, client_of
from tests.views.whole_api import assert_refusals, assert_routes_work, set_defaults

urlpatterns = [
    path("auth/", include("drf_token_auth.urls")),
    path("hijack/", include("hijack.urls")),
    path("as/", include("loginas.urls")),
    path("home/", lambda request: HttpResponse("home")),
]
pytestmark = pytest.mark.django_db

CAMEL = "djangorestframework_camel_case"
JSON_API = "rest_framework_json_api"
DEFAULTS: dict[str, dict[str, Any]] = {
    "CSV": {"RENDERER_CLASSES": ["rest_framework_csv.renderers.CSVRenderer"]},
    "camel case": {
        "PARSER_CLASSES": [f"{CAMEL}.parser.CamelCaseJSONParser"],
        "RENDERER_CLASSES": [f"{CAMEL}.render.CamelCaseJSONRenderer"],
    },
    "guardian": {"FILTER_BACKENDS": ["rest_framework_guardian.filters.ObjectPermissionsFilter"]},
    "django-filter": {"FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"]},
    "JSON:API": {
        "PARSER_CLASSES": [f"{JSON_API}.parsers.JSONParser"],
        "RENDERER_CLASSES": [f"{JSON_API}.renderers.JSONRenderer"],
        "METADATA_CLASS": f"{JSON_API}.metadata.JSONAPIMetadata",
        "PAGINATION_CLASS": f"{JSON_API}.pagination.JsonApiPageNumberPagination",
        "FILTER_BACKENDS": [f"{JSON_API}.filters.QueryParameterValidationFilter"],
        "EXCEPTION_HANDLER": f"{JSON_API}.exceptions.exception_handler",
    },
}


@pytest.mark.parametrize("form", ["json", "form"])
@pytest.mark.parametrize("default", DEFAULTS)
def test_the_whole_api_works_with_any_default(
    user: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, default: str, form: str
) -> None:
    set_defaults(monkeypatch, settings, **DEFAULTS[default])
    assert_routes_work(user, form)
    assert_refusals(user, form)


def test_bodies_of_json_api_are_accepted(
    user: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_defaults(monkeypatch, settings, **DEFAULTS["JSON:API"])
    token = operations.issue(user)
    client = client_of(token)

    def send(method: str, where: str, kind: str, **attributes: Any) -> Any:
        data = {"type": kind, "id": str(token.pk), "attributes": attributes}
        body = json.dumps({"data": data})
        return client.generic(method, where, body, content_type="application/vnd.api+json")

    name = user.get_username()
    login = send("POST", "/auth/login/", "LoginView", username=name, password=PASSWORD)
    assert login.status_code == 200
    assert send("POST", "/auth/tokens/", "TokenListView", name="ci").status_code == 201
    renamed = send("PATCH", f"/auth/tokens/{token.pk}/", "TokenDetailView", name="phone")
    assert renamed.status_code == 200
    assert renamed.json()["name"] == "phone"


# Impersonation


@pytest.fixture
def staff(db: None) -> Any:
    return get_user_model().objects.create_superuser("root", password=PASSWORD)


def session_of(user: Any) -> Client:
    client = Client()
    assert client.login(username=user.get_username(), password=PASSWORD)
    return client


def can_make(client: Client) -> bool:
    response = client.post("/auth/tokens/", {"name": "ci"}, content_type="application/json")
    assert response.status_code in {201, 401}, response.content
    return response.status_code == 201


BEGIN = {
    "hijack": lambda client, user: client.post("/hijack/acquire/", {"user_pk": user.pk}),
    "loginas": lambda client, user: client.post(f"/as/login/user/{user.pk}/"),
}


@pytest.mark.parametrize("recent_login", [timedelta(minutes=15), None])
@pytest.mark.parametrize("package", BEGIN)
def test_staff_who_act_as_a_user_make_no_token(
    user: Any, staff: Any, settings: Any, package: str, recent_login: Any
) -> None:
    settings.DRF_TOKEN_AUTH = {"RECENT_LOGIN": recent_login}
    client = session_of(staff)
    assert can_make(client)
    assert BEGIN[package](client, user).status_code == 302
    assert not can_make(client)
    assert not get_token_model().objects.filter(user=user).exists()


def release(client: Client, package: str) -> None:
    if package == "hijack":
        assert client.post("/hijack/release/").status_code == 302
    else:
        from loginas.utils import restore_original_login

        request = client.get("/home/").wsgi_request
        restore_original_login(request)
        request.session.save()
        client.cookies["sessionid"] = request.session.session_key


@pytest.mark.parametrize("package", BEGIN)
def test_the_end_of_an_impersonation_is_not_a_fresh_login(
    user: Any, staff: Any, package: str
) -> None:
    now = timezone.now()
    with at(now - timedelta(hours=2)):
        client = session_of(staff)
    with at(now):
        assert not can_make(client)
        BEGIN[package](client, user)
        release(client, package)
        assert client.session["_auth_user_id"] == str(staff.pk)
        assert not can_make(client)
        # A real login with the password is a fresh login.
        assert client.login(username=staff.get_username(), password=PASSWORD)
        assert can_make(client)
