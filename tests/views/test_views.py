"""The parts of a view that DRF itself uses: OPTIONS, pages for browsers, schemas."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.schemas.openapi import SchemaGenerator
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, operations
from drf_token_auth.urls import urlpatterns
from tests.lives import client_of, status_of

Token = get_token_model()
NAMES = [pattern.name for pattern in urlpatterns if pattern.name != "token"]

pytestmark = [pytest.mark.urls("tests.life_urls"), pytest.mark.django_db]


def by_token(user: Any) -> APIClient:
    return client_of(operations.issue(user))


def by_force(user: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def by_none(user: Any) -> APIClient:
    return APIClient()


@pytest.mark.parametrize("who", [by_token, by_force, by_none])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_every_route_without_an_id_answers_every_method(
    user: Any, who: Any, name: str, accept: str
) -> None:
    for method in ("options", "get", "head", "put", "patch", "delete", "post"):
        client = who(user)
        client.raise_request_exception = True
        path = reverse(f"drf_token_auth:{name}")
        answer = getattr(client, method)(path, headers={"accept": accept})
        assert answer.status_code < 500
        if method == "options" and who is by_token:
            assert answer.status_code == 200


# DRF answers a browser with 200, and with a page that says 204.
@pytest.mark.parametrize(("accept", "status"), [("application/json", 204), ("text/html", 200)])
def test_a_browser_can_log_out_from_a_page(user: Any, accept: str, status: int) -> None:
    token = operations.issue(user)
    path = reverse("drf_token_auth:logout")
    answer = client_of(token).post(path, headers={"accept": accept})
    assert answer.status_code == status
    assert (b"204" in answer.content) is (accept == "text/html")
    assert bool(answer.content) is (accept == "text/html")
    assert status_of(token) == 401


@pytest.mark.parametrize("name", ["logout-all", "logout-others"])
@pytest.mark.parametrize("body", ["null", "[]", '""', "7", "{}", ""])
def test_a_logout_works_with_any_body(user: Any, name: str, body: str) -> None:
    others = [operations.issue(user) for _ in range(2)]
    personal = operations.issue(user, kind="personal")
    path = reverse(f"drf_token_auth:{name}")
    answer = by_token(user).post(path, body, content_type="application/json")
    assert answer.status_code == 204
    assert [status_of(one) for one in others] == [401, 401]
    assert status_of(personal) == 200


@pytest.mark.parametrize("name", ["logout-all", "logout-others"])
@pytest.mark.parametrize("body", ["{", '{"personal": "perhaps"}'])
def test_an_unreadable_body_revokes_nothing(user: Any, name: str, body: str) -> None:
    token = operations.issue(user)
    path = reverse(f"drf_token_auth:{name}")
    answer = client_of(token).post(path, body, content_type="application/json")
    assert answer.status_code == 400
    assert status_of(token) == 200


@pytest.mark.parametrize("name", ["login", "revoke", "tokens", "logout-all"])
def test_a_body_nested_too_deep_is_a_400(user: Any, name: str) -> None:
    deep = "[" * 200_000
    with pytest.raises(RecursionError):
        json.loads(deep)
    path = reverse(f"drf_token_auth:{name}")
    answer = by_token(user).post(path, deep, content_type="application/json")
    assert answer.status_code == 400
    assert answer.data["detail"].code == "parse_error"


# DRF makes the operationId from the serializer's name. Two of our paths show a token, so both get
# the same operationId.
@pytest.mark.filterwarnings("ignore:You have a duplicated operationId")
def test_drfs_own_schema_is_generated() -> None:
    """Generate the schema without a request, as ``manage.py generateschema`` does."""
    schema = SchemaGenerator(patterns=urlpatterns).get_schema(public=True)
    assert len(schema["paths"]) == len(urlpatterns)
    assert set(schema["paths"]["/tokens/{id}/"]) == {"get", "patch", "delete"}
