"""The API works the same with any default in a project's ``REST_FRAMEWORK``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import OperationalError
from django.http import JsonResponse
from django.test import override_settings
from django.urls import include, path
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.filters import BaseFilterBackend
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import exception_handler

from drf_token_auth import operations
from drf_token_auth.views import LogoutAllView
from tests.lives import client_of
from tests.views.whole_api import (
    JSON,
    ROUTES,
    Walker,
    assert_refusals,
    assert_routes_work,
    credentials,
    set_defaults,
)

pytestmark = pytest.mark.django_db

DRF = "rest_framework"
OURS = "drf_token_auth.authentication.ExpiringTokenAuthentication"
HERE = __name__


class OwnParser(BaseParser):
    media_type = "application/x-own"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        name, password = stream.read().decode().split(":")
        return {"username": name, "password": password}


class OwnRenderer(BaseRenderer):
    media_type = "text/x-own"
    format = "own"

    def render(self, data: Any, media_type: Any = None, renderer_context: Any = None) -> bytes:
        return f"own: {data}".encode()


class FirstOfAll(BaseContentNegotiation):
    def select_parser(self, request: Any, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[-1], renderers[-1].media_type


class OwnedFilter(BaseFilterBackend):
    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        return queryset.filter(owner=request.user)


class Nobody(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return False


class Generous(SimpleRateThrottle):
    rate = "1000/min"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return "generous"


def in_an_envelope(exc: Exception, context: Any) -> Any:
    response = exception_handler(exc, context)
    if response is None:
        return None
    # Some projects return a new answer here, and lose the headers.
    return Response({"ok": False, "error": response.data}, status=response.status_code)


def of_django(exc: Exception, context: Any) -> Any:
    response = exception_handler(exc, context)
    return response and JsonResponse({"error": response.data}, status=response.status_code)


def nothing(exc: Exception, context: Any) -> None:
    return None


def always_200(exc: Exception, context: Any) -> Any:
    response = exception_handler(exc, context)
    return response and Response({"code": response.status_code, "data": response.data})


def broken(exc: Exception, context: Any) -> Any:
    return Response({"model": context["view"].serializer_class.Meta.model.__name__})


def of_every_error(exc: Exception, context: Any) -> Any:
    return exception_handler(exc, context) or Response({"detail": "Try later."}, status=503)


VERSIONINGS = [
    *("URLPathVersioning", "NamespaceVersioning", "HostNameVersioning"),
    *("QueryParameterVersioning", "AcceptHeaderVersioning"),
]
DEFAULTS: dict[str, dict[str, Any]] = {
    "DRF's own": {},
    "JSON parser": {"PARSER_CLASSES": [f"{DRF}.parsers.JSONParser"]},
    "form parser": {"PARSER_CLASSES": [f"{DRF}.parsers.FormParser"]},
    "own parser": {"PARSER_CLASSES": [f"{HERE}.OwnParser"]},
    "file parser": {"PARSER_CLASSES": [f"{DRF}.parsers.FileUploadParser"]},
    **{
        name: {"RENDERER_CLASSES": [f"{DRF}.renderers.{name}", f"{DRF}.renderers.JSONRenderer"]}
        for name in (
            *("TemplateHTMLRenderer", "StaticHTMLRenderer", "AdminRenderer"),
            *("MultiPartRenderer", "BrowsableAPIRenderer"),
        )
    },
    "own renderer": {"RENDERER_CLASSES": [f"{HERE}.OwnRenderer"]},
    "negotiation": {"CONTENT_NEGOTIATION_CLASS": f"{HERE}.FirstOfAll"},
    **{
        f"{name} {default}": {
            "VERSIONING_CLASS": f"{DRF}.versioning.{name}",
            "VERSION": default,
            "ALLOWED_VERSIONS": ["v1", "v2"],
        }
        for name in VERSIONINGS
        for default in (None, "v2")
    },
    "own filter": {"FILTER_BACKENDS": [f"{HERE}.OwnedFilter"]},
    "search": {"FILTER_BACKENDS": [f"{DRF}.filters.SearchFilter", f"{DRF}.filters.OrderingFilter"]},
    "cursor pages": {"PAGINATION_CLASS": f"{DRF}.pagination.CursorPagination", "PAGE_SIZE": 1},
    "offset pages": {"PAGINATION_CLASS": f"{DRF}.pagination.LimitOffsetPagination"},
    "no pages": {"PAGINATION_CLASS": None, "PAGE_SIZE": None},
    "permission": {"PERMISSION_CLASSES": [f"{HERE}.Nobody"]},
    "model permission": {"PERMISSION_CLASSES": [f"{DRF}.permissions.DjangoModelPermissions"]},
    "throttles": {"THROTTLE_CLASSES": [f"{DRF}.throttling.ScopedRateThrottle", f"{HERE}.Generous"]},
    "no authenticator": {"AUTHENTICATION_CLASSES": []},
    **{
        f"{name} first": {"AUTHENTICATION_CLASSES": [f"{DRF}.authentication.{name}", OURS]}
        for name in ("SessionAuthentication", "BasicAuthentication", "RemoteUserAuthentication")
    },
    "envelope": {"EXCEPTION_HANDLER": f"{HERE}.in_an_envelope"},
    "handler of Django": {"EXCEPTION_HANDLER": f"{HERE}.of_django"},
    "handler without an answer": {"EXCEPTION_HANDLER": f"{HERE}.nothing"},
    "handler of 200": {"EXCEPTION_HANDLER": f"{HERE}.always_200"},
    "broken handler": {"EXCEPTION_HANDLER": f"{HERE}.broken"},
    "handler of every error": {"EXCEPTION_HANDLER": f"{HERE}.of_every_error"},
    "no user": {"UNAUTHENTICATED_USER": None, "UNAUTHENTICATED_TOKEN": None},
    "error key": {"NON_FIELD_ERRORS_KEY": "errors"},
    "no metadata": {"METADATA_CLASS": None},
    "no format": {"URL_FORMAT_OVERRIDE": None},
}


@pytest.fixture
def with_defaults(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[..., None]:
    return partial(set_defaults, monkeypatch, settings)


@pytest.mark.parametrize("default", DEFAULTS)
def test_every_route_works(user: Any, with_defaults: Callable[..., None], default: str) -> None:
    with_defaults(**DEFAULTS[default])
    assert_routes_work(user)


@pytest.mark.parametrize("form", ["form", "multipart"])
@pytest.mark.parametrize("default", [name for name in DEFAULTS if "parser" in name])
def test_every_route_takes_forms(
    user: Any, with_defaults: Callable[..., None], default: str, form: str
) -> None:
    with_defaults(**DEFAULTS[default])
    assert_routes_work(user, form)
    assert_refusals(user, form)


@pytest.mark.parametrize("default", DEFAULTS)
def test_every_refusal_keeps_its_status_and_headers(
    user: Any, with_defaults: Callable[..., None], default: str
) -> None:
    with_defaults(**DEFAULTS[default])
    assert_refusals(user)


@pytest.mark.parametrize("default", DEFAULTS)
def test_options_and_head_are_answered(
    user: Any, with_defaults: Callable[..., None], default: str
) -> None:
    with_defaults(**DEFAULTS[default])
    token = operations.issue(user)
    options = 405 if default == "no metadata" else 200
    for route, methods in ROUTES.items():
        path = route.format(id=token.pk)
        Walker("json", token).ask("OPTIONS", path, options)
        Walker("json", token).ask("HEAD", path, 200 if "GET" in methods else 405)


@pytest.mark.parametrize("default", [name for name in DEFAULTS if "ender" in name])
def test_a_browser_gets_an_answer(
    user: Any, with_defaults: Callable[..., None], default: str
) -> None:
    with_defaults(**DEFAULTS[default])
    token = operations.issue(user)
    for route in ROUTES:
        client = client_of(token, HTTP_ACCEPT="text/html")
        answer = client.get(route.format(id=token.pk))
        # The client accepts only HTML, and only these two renderers show our answers as HTML.
        if default in {"AdminRenderer", "BrowsableAPIRenderer"}:
            assert answer.status_code == (200 if "GET" in ROUTES[route] else 405), route
        else:
            assert answer.status_code == 406, route
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_parser_and_a_renderer_of_the_project_work_too(
    user: Any, with_defaults: Callable[..., None]
) -> None:
    with_defaults(**DEFAULTS["own parser"], **DEFAULTS["own renderer"])
    name, password = credentials(user).values()
    client = APIClient(HTTP_ACCEPT="text/x-own")
    body = f"{name}:{password}"
    answer = client.generic("POST", "/auth/login/", body, content_type="application/x-own")
    assert answer.status_code == 200
    assert answer.content.startswith(b"own: ")


def test_a_handler_that_fails_is_logged(
    user: Any, with_defaults: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    with_defaults(**DEFAULTS["broken handler"])
    answer = APIClient().get("/auth/token/")
    assert answer.status_code == 401
    assert answer.json() == {"detail": "Authentication credentials were not provided."}
    [record] = [one for one in caplog.records if "EXCEPTION_HANDLER" in one.message]
    assert record.exc_info


@pytest.mark.parametrize(
    ("default", "status"), [("handler of every error", 503), ("DRF's own", 500)]
)
def test_the_project_answers_server_errors(
    user: Any,
    with_defaults: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    default: str,
    status: int,
) -> None:
    with_defaults(**DEFAULTS[default])

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("The database is down.")

    monkeypatch.setattr(operations, "issue", fail)
    client = APIClient(raise_request_exception=False)
    answer = client.post("/auth/login/", credentials(user), format="json")
    assert answer.status_code == status


def test_a_version_in_the_path_is_not_passed_to_our_views(
    user: Any, with_defaults: Callable[..., None]
) -> None:
    with_defaults(**DEFAULTS["URLPathVersioning v2"])
    urls = (path("<str:version>/auth/", include("drf_token_auth.urls")),)
    with override_settings(ROOT_URLCONF=urls):
        answer = APIClient().post("/v9/auth/login/", credentials(user), format="json")
        assert answer.status_code == 200


@pytest.mark.parametrize("version", ["v1", "v9"])
def test_a_version_in_the_accept_header_is_no_error(
    user: Any, with_defaults: Callable[..., None], version: str
) -> None:
    with_defaults(**DEFAULTS["AcceptHeaderVersioning None"])
    assert_routes_work(user, HTTP_ACCEPT=f"application/json; version={version}")


@pytest.fixture
def site_wide_cache(settings: Any) -> Iterator[None]:
    settings.MIDDLEWARE = [
        "django.middleware.cache.UpdateCacheMiddleware",
        *settings.MIDDLEWARE,
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]
    settings.DRF_TOKEN_AUTH = {"LOGIN_RATES": None}
    cache.clear()
    yield
    cache.clear()


@pytest.mark.usefixtures("site_wide_cache")
def test_a_cache_for_the_whole_site_keeps_no_answer(user: Any, other_user: Any) -> None:
    assert_routes_work(user)
    assert_refusals(user)
    mine, other = (operations.issue(one) for one in (user, other_user))
    for token in (mine, other):
        shown = client_of(token).get("/auth/token/").json()
        assert shown["id"] == token.pk
    assert not cache._cache


@pytest.mark.parametrize("name", ["JSON parser", "own filter", "envelope", "model permission"])
def test_a_session_without_a_csrf_token_may_only_read(
    user: Any, with_defaults: Callable[..., None], name: str
) -> None:
    with_defaults(**DEFAULTS[name], AUTHENTICATION_CLASSES=[f"{DRF}.authentication.{S}"])
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)
    answer = client.post("/auth/logout/others/")
    assert answer.status_code == 403
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert client.get("/auth/tokens/").headers["Content-Type"] == JSON


S = SessionAuthentication.__name__


class Service:
    """A caller that an authenticator of the project accepts. No table has a row for it."""

    is_authenticated = True


@pytest.mark.parametrize("route", [route for route in ROUTES if "log" in route or "token" in route])
@pytest.mark.parametrize("made", [Service(), get_user_model()(pk=None)], ids=["service", "user"])
def test_a_caller_without_a_row_is_refused(route: str, made: Any) -> None:
    client = APIClient()
    client.force_authenticate(made)
    for method in ROUTES[route].split():
        response = client.generic(method, route.format(id=1), "{}", content_type=JSON)
        assert response.status_code == (400 if route == "/auth/login/" else 403)


class LogoutByPassword(LogoutAllView):
    def get_authenticators(self) -> list[Any]:
        return [BasicAuthentication()]


def test_a_view_with_authenticators_of_its_own_sends_their_challenge() -> None:
    response = LogoutByPassword.as_view()(APIRequestFactory().post("/"))
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Basic realm="api"'
