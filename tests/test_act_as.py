"""The helper for the tests of projects."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, operations
from drf_token_auth.exceptions import UnknownScopes
from drf_token_auth.test import act_as
from tests.lives import at

Token = get_token_model()
SCOPES = {"SCOPES": {"read": "Read", "write": "Write", "admin": "All"}}

pytestmark = pytest.mark.urls("tests.life_urls")


@pytest.fixture(params=[APIClient, Client])
def client(request: pytest.FixtureRequest) -> Any:
    return request.param()


def test_a_client_acts_as_the_user(user: Any, client: Any) -> None:
    token = act_as(client, user)
    response = client.get("/echo/")
    assert response.status_code == 200
    assert response.json() == {"user": user.get_username(), "token": token.pk}
    assert (token.kind, token.scopes, token.user) == ("login", None, user)
    assert Token.objects.from_key(token.key) == token


def test_as_another(user: Any, other_user: Any, client: Any) -> None:
    act_as(client, user)
    act_as(client, other_user)
    assert client.get("/echo/").json()["user"] == other_user.get_username()


def test_a_token_of_the_client_can_be_ended(user: Any, client: Any) -> None:
    token = act_as(client, user)
    operations.revoke(token, reason="logout")
    assert client.get("/echo/").status_code == 401


@pytest.mark.parametrize(
    ("scopes", "get", "post"),
    [(None, 200, 200), (["read"], 200, 403), ("read write", 200, 200), (["admin"], 403, 403)],
)
def test_scopes(user: Any, client: Any, scopes: Any, get: int, post: int) -> None:
    with override_settings(DRF_TOKEN_AUTH=SCOPES):
        act_as(client, user, scopes=scopes)
        assert client.get("/scopes/by-method/").status_code == get
        assert client.post("/scopes/by-method/").status_code == post


def test_a_scope_nobody_declared(user: Any, client: Any) -> None:
    with pytest.raises(UnknownScopes):
        act_as(client, user, scopes=["nope"])


@pytest.mark.parametrize(
    ("kind", "age", "status"),
    [
        ("login", timedelta(0), 200),
        ("login", timedelta(minutes=14), 200),
        ("login", timedelta(minutes=15), 401),
        ("personal", timedelta(0), 401),
    ],
)
def test_kind_and_age(user: Any, client: Any, kind: str, age: timedelta, status: int) -> None:
    now = timezone.now()
    with at(now):
        token = act_as(client, user, kind=kind, age=age)
        assert client.get("/recent/").status_code == status
        assert token.kind == kind
        assert token.created_at == now - age
        assert client.get("/echo/").status_code == 200


def test_any_scheme(user: Any, client: Any) -> None:
    with override_settings(DRF_TOKEN_AUTH=SCOPES):
        act_as(client, user, keyword="Bearer")
        assert client.get("/scopes/bearer/").status_code == 200
    assert client.get("/echo/").status_code == 401
