from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.core.checks import run_checks
from django.test import AsyncClient, Client, RequestFactory
from django.utils import timezone
from mysite.api import api
from ninja.testing import TestClient

from drf_token_auth import operations
from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.contrib.ninja import BearerAuth, TokenAuth
from tests.projects_on_disk import Project

ROUTES = ["/api/whoami", "/api/whoami/async"]


def get(route: str, header: str | None, method: str = "get") -> Any:
    headers = {} if header is None else {"authorization": header}
    return getattr(Client(headers=headers), method)(route)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("scheme", ["Token", "token", "Bearer", "bearer"])
def test_a_token_is_accepted(user: Any, route: str, scheme: str) -> None:
    token = operations.issue(user)
    response = get(route, f"{scheme} {token.key}")
    assert (response.status_code, response.json()) == (200, {"user": "ada", "token": token.pk})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("route", ROUTES)
def test_a_token_is_accepted_under_asgi(user: Any, route: str) -> None:
    key = operations.issue(user).key
    get_async = async_to_sync(AsyncClient().get)
    assert get_async(route, headers={"authorization": f"Token {key}"}).json()["user"] == "ada"
    assert get_async(route).status_code == 401


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("header", [None, "Token nonsense", "Token", "Token a b", "Basic YTpi"])
def test_a_malformed_header_is_refused(db: None, route: str, header: str | None) -> None:
    assert get(route, header).status_code == 401


def test_an_expired_token_is_refused(user: Any) -> None:
    token = operations.issue(user)
    type(token).objects.update(expires_at=timezone.now())
    assert get("/api/whoami", f"Token {token.key}").status_code == 401


def test_a_request_costs_one_query(user: Any, django_assert_num_queries: Any) -> None:
    key = operations.issue(user).key
    get("/api/whoami", f"Token {key}")
    with django_assert_num_queries(1):
        assert get("/api/whoami", f"Token {key}").status_code == 200


def test_a_token_without_the_scope_is_refused(user: Any) -> None:
    reads, writes = (operations.issue(user, scopes=[scope]) for scope in ("read", "write"))
    response = get("/api/notes", f"Token {reads.key}", "post")
    assert response.status_code == 403
    assert response.json() == {"detail": "The token lacks the scope: write."}
    assert get("/api/notes", f"Token {writes.key}", "post").status_code == 200
    assert get("/api/notes", f"Token {operations.issue(user).key}", "post").status_code == 200


def test_scopes_may_be_one_string() -> None:
    assert TokenAuth(scopes="read write").scopes == ("read", "write")
    assert TokenAuth(scopes=" ").scopes == TokenAuth().scopes == ()


@pytest.mark.parametrize("scopes", [None, 7, b"read", ["read", None], [["read"]]])
def test_scopes_of_a_wrong_type_are_an_error(scopes: Any) -> None:
    with pytest.raises(TypeError):
        TokenAuth(scopes=scopes)


def test_an_undeclared_scope_is_found() -> None:
    assert run_checks() == []
    typed = [BearerAuth(scopes=["read", "wriet"]), TokenAuth(scopes="raed")]
    found = run_checks()
    assert [message.id for message in found] == ["drf_token_auth.E015"] * 2
    assert found[0].msg.startswith("BearerAuth(scopes=…) asks for the scope 'wriet'")
    assert "SCOPES" in found[1].hint
    del typed
    assert run_checks() == []


def test_an_undeclared_scope_in_the_urls_is_found(tmp_path: Path) -> None:
    (tmp_path / "project_urls.py").write_text(
        "from django.urls import path\n"
        "from drf_token_auth.contrib.ninja import TokenAuth\n"
        "from ninja import NinjaAPI\n"
        "api = NinjaAPI(auth=TokenAuth(scopes='notes'))\n"
        "urlpatterns = [path('api/', api.urls)]\n"
    )
    said = Project(tmp_path, "default_user", "ROOT_URLCONF = 'project_urls'").refuse("check")
    assert "(drf_token_auth.E015)" in said


def test_failed_keys_are_throttled(db: None, settings: Any) -> None:
    settings.DRF_TOKEN_AUTH = {"FAILED_KEY_RATE": "2/day"}
    tries = [get("/api/whoami", "Token nonsense").status_code for _ in range(3)]
    assert tries == [401, 401, 429]


@pytest.mark.parametrize("name", ["Authorization", "AUTHORIZATION"])
def test_ninjas_own_test_client_can_send_a_token(user: Any, name: str) -> None:
    client = TestClient(api, headers={name: f"Token {operations.issue(user).key}"})
    assert client.get("/whoami").json()["user"] == "ada"
    assert TestClient(api).get("/whoami").status_code == 401


def test_the_schema_has_both_schemes() -> None:
    schemes = api.get_openapi_schema()["components"]["securitySchemes"]
    assert schemes["BearerAuth"] == {"type": "http", "scheme": "bearer"}
    assert (schemes["TokenAuth"]["type"], schemes["TokenAuth"]["in"]) == ("apiKey", "header")


class OfAService(TokenAuth):
    """An authenticator that accepts every key, and returns no token of ours."""

    class authentication_class(ExpiringTokenAuthentication):
        def authenticate_credentials(self, key: Any) -> tuple[Any, Any]:
            return AnonymousUser(), "service"


def test_an_authenticator_may_return_a_user_without_a_token() -> None:
    request = RequestFactory().get("/", headers={"authorization": "Token x"})
    assert OfAService()(request) == "service"
