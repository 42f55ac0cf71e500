from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import Client


@pytest.fixture
def schema(db: None, caplog: pytest.LogCaptureFixture) -> Any:
    with caplog.at_level(logging.WARNING):
        response = Client().get("/swagger.json", {"format": "openapi"})
    assert response.status_code == 200
    assert caplog.records == []
    return response.json()


def answer(schema: Any, route: str, method: str, status: int) -> dict[str, Any] | None:
    """Return the properties of the body, or None if there is no body."""
    shown = schema["paths"][route][method]["responses"][str(status)].get("schema")
    return None if shown is None else properties(schema, shown)


def properties(schema: Any, shown: Any) -> dict[str, Any]:
    if "$ref" in shown:
        shown = schema["definitions"][shown["$ref"].rpartition("/")[2]]
    found: dict[str, Any] = shown.get("properties", {})
    return found


def request(schema: Any, route: str, method: str) -> list[str]:
    parameters = schema["paths"][route][method]["parameters"]
    [body] = [one for one in parameters if one["in"] == "body"] or [None]
    return [] if body is None else list(properties(schema, body["schema"]))


def test_the_schema_of_login_has_its_body_and_its_answer(schema: Any) -> None:
    assert request(schema, "/auth/login/", "post") == ["username", "password", "name"]
    shown = answer(schema, "/auth/login/", "post", 200)
    assert shown is not None
    assert list(shown) == ["token", "expires_at", "id", "kind", "name", "scopes"]


def test_the_schema_of_logout_has_an_empty_answer(schema: Any) -> None:
    for route in ("/auth/logout/", "/auth/logout/all/", "/auth/logout/others/"):
        assert answer(schema, route, "post", 204) is None
        assert "201" not in schema["paths"][route]["post"]["responses"]
    assert request(schema, "/auth/logout/", "post") == []
    assert request(schema, "/auth/logout/all/", "post") == ["personal"]


def test_the_schema_of_rotation_has_no_body_and_the_new_token(schema: Any) -> None:
    assert request(schema, "/auth/token/rotate/", "post") == []
    shown = answer(schema, "/auth/token/rotate/", "post", 200)
    assert shown is not None
    assert "token" in shown


def test_the_schema_of_tokens_has_its_bodies_and_its_answers(schema: Any) -> None:
    made = answer(schema, "/auth/tokens/", "post", 201)
    assert made is not None
    assert "token" in made
    fields = ["name", "scopes", "ttl", "expires_at", "kind"]
    assert request(schema, "/auth/tokens/", "post") == fields
    page = answer(schema, "/auth/tokens/", "get", 200)
    assert page is not None
    assert {"count", "results"} < set(page)
    renamed = answer(schema, "/auth/tokens/{id}/", "patch", 200)
    assert renamed is not None
    assert "hint" in renamed
    assert request(schema, "/auth/tokens/{id}/", "patch") == ["name"]
    assert answer(schema, "/auth/tokens/{id}/", "delete", 204) is None


def test_the_schema_of_revoke_has_its_body(schema: Any) -> None:
    assert request(schema, "/auth/revoke/", "post") == ["token"]
    assert answer(schema, "/auth/revoke/", "post", 200) == {}


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("post", "login/"),
        ("post", "logout/all/"),
        ("post", "logout/others/"),
        ("post", "tokens/"),
        ("patch", "tokens/{id}/"),
        ("post", "revoke/"),
    ],
)
def test_the_schema_shows_the_refusal_of_a_body(schema: Any, method: str, route: str) -> None:
    shown = answer(schema, f"/auth/{route}", method, 400)
    assert shown is not None
    assert list(shown) == ["non_field_errors", "detail"]


def test_other_views_are_described_as_before(schema: Any) -> None:
    assert set(schema["paths"]["/echo/"]["post"]["responses"]) == {"201"}


def test_the_swagger_page_opens(db: None) -> None:
    assert Client().get("/swagger/").status_code == 200
