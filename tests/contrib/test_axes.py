from __future__ import annotations

from typing import Any

from axes.models import AccessAttempt, AccessLog
from rest_framework.test import APIClient

from drf_token_auth import get_token_model
from tests.conftest import PASSWORD


def log_in(password: str, client: Any = None) -> Any:
    return (client or APIClient()).post("/auth/login/", {"username": "ada", "password": password})


def client_with(key: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client


def test_locked_out_is_429_and_makes_no_token(user: Any) -> None:
    assert [log_in("wrong").status_code for _ in range(3)] == [400, 400, 429]
    assert log_in(PASSWORD).status_code == 429
    assert not get_token_model().objects.exists()


def test_a_good_login_resets_the_count(user: Any) -> None:
    for _ in range(2):
        assert [log_in("wrong").status_code for _ in range(2)] == [400, 400]
        assert log_in(PASSWORD).status_code == 200
        assert not AccessAttempt.objects.exists()


def test_logout_is_logged(user: Any) -> None:
    # axes knows a login again by the session it began.
    client = APIClient()
    key = log_in(PASSWORD, client).json()["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    assert client.post("/auth/logout/").status_code == 204
    assert AccessLog.objects.get().logout_time is not None


def test_logout_without_the_session_is_no_error(user: Any) -> None:
    key = log_in(PASSWORD).json()["token"]
    assert client_with(key).post("/auth/logout/").status_code == 204


def test_a_refused_token_is_no_failed_login(user: Any) -> None:
    assert client_with("nonsense").get("/echo/").status_code == 401
    assert not AccessAttempt.objects.exists()


def test_a_password_that_is_locked_out_leaves_tokens_alone(user: Any) -> None:
    key = log_in(PASSWORD).json()["token"]
    assert [log_in("wrong").status_code for _ in range(3)][-1] == 429
    assert client_with(key).get("/echo/").status_code == 200
