"""Walk through all routes of the API, for tests that change the project around it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from rest_framework import generics, views
from rest_framework.settings import api_settings
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, operations
from tests.conftest import PASSWORD

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
ROUTES = {
    "/auth/login/": "POST",
    "/auth/logout/": "POST",
    "/auth/logout/all/": "POST",
    "/auth/logout/others/": "POST",
    "/auth/token/": "GET",
    "/auth/token/rotate/": "POST",
    "/auth/tokens/": "GET POST",
    "/auth/tokens/{id}/": "GET PATCH DELETE",
    "/auth/revoke/": "POST",
}


# DRF reads these once, when it defines its own view classes.
IN_CLASS_BODIES = {
    "RENDERER_CLASSES": (views.APIView, "renderer_classes"),
    "PARSER_CLASSES": (views.APIView, "parser_classes"),
    "AUTHENTICATION_CLASSES": (views.APIView, "authentication_classes"),
    "THROTTLE_CLASSES": (views.APIView, "throttle_classes"),
    "PERMISSION_CLASSES": (views.APIView, "permission_classes"),
    "CONTENT_NEGOTIATION_CLASS": (views.APIView, "content_negotiation_class"),
    "METADATA_CLASS": (views.APIView, "metadata_class"),
    "VERSIONING_CLASS": (views.APIView, "versioning_class"),
    "FILTER_BACKENDS": (generics.GenericAPIView, "filter_backends"),
    "PAGINATION_CLASS": (generics.GenericAPIView, "pagination_class"),
}
WITHOUT_PREFIX = (
    *("EXCEPTION_HANDLER", "NON_FIELD_ERRORS_KEY", "ALLOWED_VERSIONS", "PAGE_SIZE"),
    *("UNAUTHENTICATED_USER", "UNAUTHENTICATED_TOKEN"),
    "URL_FORMAT_OVERRIDE",
)


def set_defaults(monkeypatch: Any, settings: Any, **defaults: Any) -> None:
    """Set the project's defaults as if the process had started with them."""
    named = {
        name if name in WITHOUT_PREFIX else f"DEFAULT_{name}": value
        for name, value in defaults.items()
    }
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, **named}
    # The limits on logins have tests of their own.
    settings.DRF_TOKEN_AUTH = {"LOGIN_RATES": None}
    for name in defaults:
        if name in IN_CLASS_BODIES:
            where, attribute = IN_CLASS_BODIES[name]
            monkeypatch.setattr(where, attribute, getattr(api_settings, f"DEFAULT_{name}"))


class Walker:
    """A client that sends one format, and checks what all answers have in common."""

    def __init__(self, form: str, token: Any = None, **defaults: Any) -> None:
        self.form = form
        self.client = APIClient(raise_request_exception=False, **defaults)
        if token is not None:
            key = token if isinstance(token, str) else token.key
            self.client.credentials(HTTP_AUTHORIZATION=f"Token {key}")

    def ask(self, method: str, path: str, status: int, **data: Any) -> Any:
        if self.form == "multipart" and data:
            answer = getattr(self.client, method.lower())(path, data, format="multipart")
        else:
            body = "" if not data else urlencode(data) if self.form == "form" else None
            content_type = FORM if self.form == "form" else JSON
            if body is None:
                answer = getattr(self.client, method.lower())(path, data, format="json")
            else:
                answer = self.client.generic(method, path, body, content_type=content_type)
        assert answer.status_code == status, (method, path, answer.status_code, answer.content)
        assert answer.headers["Cache-Control"] == "private, no-store", (method, path)
        if answer.content:
            assert answer.headers["Content-Type"].startswith(JSON), (method, path)
        return answer.json() if answer.content and status < 300 else answer


def credentials(user: Any) -> dict[str, str]:
    return {"username": user.get_username(), "password": PASSWORD}


def assert_routes_work(user: Any, form: str = "json", **defaults: Any) -> None:
    """Do everything that a client can do, from login to logout."""
    nobody = Walker(form, **defaults)
    login = nobody.ask("POST", "/auth/login/", 200, name="phone", **credentials(user))
    assert {"token", "expires_at", "id", "kind", "name", "scopes"} == set(login)
    me = Walker(form, login["token"], **defaults)
    shown = me.ask("GET", "/auth/token/", 200)
    assert {"created_at", "last_used_at", "hint", "current"} < set(shown)

    made = me.ask("POST", "/auth/tokens/", 201, name="ci", ttl=60)
    listed = me.ask("GET", "/auth/tokens/", 200)
    assert set(listed) == {"count", "next", "previous", "results"}
    assert {login["id"], made["id"]} <= {one["id"] for one in listed["results"]}
    path = f"/auth/tokens/{made['id']}/"
    assert me.ask("GET", path, 200)["name"] == "ci"
    assert me.ask("PATCH", path, 200, name="deploy")["name"] == "deploy"
    me.ask("DELETE", path, 204)
    me.ask("GET", path, 404)

    key = me.ask("POST", "/auth/token/rotate/", 200)["token"]
    me = Walker(form, key, **defaults)
    other = operations.issue(user)
    me.ask("POST", "/auth/logout/others/", 204)
    Walker(form, other, **defaults).ask("GET", "/auth/token/", 401)
    other = operations.issue(user)
    nobody.ask("POST", "/auth/revoke/", 200, token=other.key)
    Walker(form, other, **defaults).ask("GET", "/auth/token/", 401)
    me.ask("POST", "/auth/logout/", 204)
    me = Walker(form, operations.issue(user), **defaults)
    operations.issue(user, kind="personal")
    me.ask("POST", "/auth/logout/all/", 204, personal="true")
    assert not get_token_model().objects.usable().exists()


def assert_refusals(user: Any, form: str = "json", **defaults: Any) -> None:
    """Get refusals of many kinds, and check their status and headers."""
    nobody = Walker(form, **defaults)
    nobody.ask("POST", "/auth/login/", 400, **{**credentials(user), "password": "wrong"})
    nobody.ask("POST", "/auth/login/", 400)
    nobody.ask("POST", "/auth/revoke/", 400)
    nobody.ask("GET", "/auth/login/", 405)
    refused = nobody.ask("GET", "/auth/tokens/", 401)
    assert refused.headers["WWW-Authenticate"] == 'Token realm="api"'
    refused = Walker(form, "nonsense", **defaults).ask("GET", "/auth/token/", 401)
    assert refused.headers["WWW-Authenticate"].endswith('error="invalid_token"')
    me = Walker(form, operations.issue(user), **defaults)
    me.ask("PUT", "/auth/tokens/", 405)
    me.ask("GET", "/auth/tokens/?page=99", 404)
    for missing in ("0", "9" * 40, "nonsense", "00000000-0000-0000-0000-000000000000"):
        me.ask("GET", f"/auth/tokens/{missing}/", 404)
    me.ask("POST", "/auth/tokens/", 400, ttl="never")
    stale = Walker(form, operations.issue(user, kind="personal"), **defaults)
    refused = stale.ask("POST", "/auth/tokens/", 401, name="ci")
    assert "insufficient_user_authentication" in refused.headers["WWW-Authenticate"]
    answer = me.client.generic("POST", "/auth/tokens/", "x", content_type="text/unknown")
    assert answer.status_code == 415
    assert answer.headers["Cache-Control"] == "private, no-store"
