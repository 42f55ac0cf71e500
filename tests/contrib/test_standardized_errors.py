from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import path
from django.utils import timezone
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from drf_token_auth import operations
from drf_token_auth.permissions import HasScopes, RecentLogin
from drf_token_auth.test import act_as
from tests.conftest import PASSWORD
from tests.contrib import urls as contrib_urls

pytestmark = pytest.mark.urls(__name__)


class ScopedView(APIView):
    permission_classes = (IsAuthenticated, HasScopes)

    def post(self, request: Any) -> Response:
        raise NotImplementedError


class FreshView(ScopedView):
    permission_classes = (RecentLogin,)


urlpatterns = [
    *contrib_urls.urlpatterns,
    path("scoped/", ScopedView.as_view()),
    path("fresh/", FreshView.as_view()),
]


def code(response: Any) -> tuple[int, str]:
    [error] = response.json()["errors"]
    return response.status_code, error["code"]


def client_with(key: str | None) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client


@pytest.fixture
def client(user: Any) -> APIClient:
    client = APIClient()
    act_as(client, user, scopes=["read"])
    return client


def test_an_unknown_key_keeps_its_code(db: None) -> None:
    response = client_with("nonsense").get("/echo/")
    assert code(response) == (401, "invalid_token")
    assert response.headers["WWW-Authenticate"] == 'Token realm="api", error="invalid_token"'


def test_an_expired_token_keeps_its_code(user: Any) -> None:
    token = operations.issue(user)
    type(token).objects.update(expires_at=timezone.now())
    assert code(client_with(token.key).get("/echo/")) == (401, "token_expired")


def test_the_refusal_of_an_inactive_user_keeps_its_code(user: Any) -> None:
    token = operations.issue(user)
    user.is_active = False
    user.save()
    assert code(client_with(token.key).get("/echo/")) == (401, "user_inactive")


def test_a_missing_scope_keeps_its_code_and_its_challenge(client: APIClient) -> None:
    response = client.post("/scoped/")
    assert code(response) == (403, "insufficient_scope")
    assert 'scope="write"' in response.headers["WWW-Authenticate"]


def test_a_stale_login_keeps_its_code(user: Any) -> None:
    client = APIClient()
    act_as(client, user, age=timedelta(hours=1))
    response = client.post("/fresh/")
    assert code(response) == (401, "insufficient_user_authentication")
    assert 'max_age="900"' in response.headers["WWW-Authenticate"]


def test_a_wrong_password_keeps_its_code(user: Any) -> None:
    answer = {"username": "ada", "password": "wrong"}
    assert code(APIClient().post("/auth/login/", answer)) == (400, "authorization")


def test_an_undeclared_scope_keeps_its_code(user: Any) -> None:
    client = APIClient()
    act_as(client, user)
    response = client.post("/auth/tokens/", {"name": "ci", "scopes": ["nonsense"]})
    assert code(response) == (400, "unknown_scope")


def test_a_full_account_keeps_its_code(user: Any, settings: Any) -> None:
    settings.DRF_TOKEN_AUTH = {"MAX_TOKENS_PER_USER": 1, "WHEN_FULL": "reject"}
    operations.issue(user)
    answer = {"username": "ada", "password": PASSWORD}
    assert code(APIClient().post("/auth/login/", answer)) == (403, "token_limit")


def test_too_many_attempts_keep_their_code(user: Any, settings: Any) -> None:
    settings.DRF_TOKEN_AUTH = {"LOGIN_RATES": {"account": "1/day"}}
    answer = {"username": "ada", "password": "wrong"}
    APIClient().post("/auth/login/", answer)
    assert code(APIClient().post("/auth/login/", answer)) == (429, "throttled")


def test_a_logout_without_a_token_keeps_its_code(user: Any) -> None:
    client = APIClient()
    client.force_authenticate(user)
    assert code(client.post("/auth/logout/")) == (400, "no_token")
