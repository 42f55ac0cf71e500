"""How fresh a login must be: ``RecentLogin``, and the challenge of RFC 9470."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, operations
from drf_token_auth.permissions import RecentLogin
from tests.conftest import PASSWORD, make_user
from tests.lives import EDGES, at, atomic_requests, client_of, log_in

Token = get_token_model()
MINUTE = timedelta(minutes=1)
both = pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "ATOMIC_REQUESTS"])

pytestmark = pytest.mark.urls("tests.life_urls")


def is_let_in(response: Any, max_age: int = 900, scheme: str = "Token") -> bool:
    """Whether it was; if not, by the challenge that says how to get in."""
    if response.status_code in {200, 201}:
        return True
    assert response.status_code == 401
    assert response.data["detail"].code == "insufficient_user_authentication"
    assert response["WWW-Authenticate"] == (
        f'{scheme} realm="api", error="insufficient_user_authentication", max_age="{max_age}"'
    )
    return False


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize(
    ("path", "seconds"), [("/recent/", 900), ("/recent/five/", 300), ("/auth/tokens/", 900)]
)
def test_a_login_is_fresh_until_the_microsecond(
    user: Any, path: str, seconds: int, edge: str
) -> None:
    now = timezone.now()
    with at(now):
        client = client_of(log_in(user).data["token"])
    with at(now + timedelta(seconds=seconds) + EDGES[edge]):
        assert is_let_in(client.post(path), seconds) is (edge == "before")
        assert client.get("/auth/tokens/").status_code == 200


@pytest.mark.parametrize("edge", EDGES)
def test_the_setting(user: Any, edge: str) -> None:
    now = timezone.now()
    with at(now):
        client = client_of(log_in(user).data["token"])
    conf = override_settings(DRF_TOKEN_AUTH={"RECENT_LOGIN": MINUTE})
    with conf, at(now + MINUTE + EDGES[edge]):
        assert is_let_in(client.get("/recent/"), 60) is (edge == "before")
        assert is_let_in(client.post("/auth/tokens/"), 60) is (edge == "before")
        assert is_let_in(client.get("/recent/five/"), 300)


def test_switched_off_any_login_is_fresh_and_a_personal_token_still_is_none(user: Any) -> None:
    with override_settings(DRF_TOKEN_AUTH={"RECENT_LOGIN": None}):
        login = operations.issue(user)
        personal = operations.issue(user, kind="personal")
        with at(timezone.now() + timedelta(days=13)):
            assert is_let_in(client_of(login).post("/auth/tokens/"))
            assert is_let_in(client_of(login).get("/recent/"))
            assert not is_let_in(client_of(personal).post("/auth/tokens/"), 0)
            assert not is_let_in(client_of(login).get("/recent/five/"), 300)


def test_a_personal_token_never_is_a_login(user: Any) -> None:
    client = client_of(operations.issue(user, kind="personal"))
    assert not is_let_in(client.get("/recent/"))
    assert not is_let_in(client.get("/recent/five/"), 300)
    assert not is_let_in(client.post("/auth/tokens/"))
    assert not Token.objects.exclude(kind="personal").exists()
    assert Token.objects.count() == 1


def test_using_renewing_and_rotating_make_no_login_fresh(user: Any) -> None:
    now = timezone.now()
    with at(now):
        token = operations.issue(user, idle_timeout=20 * MINUTE)
    with at(now + 14.5 * MINUTE):
        key = client_of(token).post("/auth/token/rotate/").data["token"]
    with at(now + 15 * MINUTE):
        assert not is_let_in(client_of(key).get("/recent/"))
        assert not is_let_in(client_of(token).get("/recent/"))


def test_logging_in_again_does(user: Any) -> None:
    with at(timezone.now() - timedelta(hours=1)):
        client = client_of(operations.issue(user))
    assert not is_let_in(client.get("/recent/"))
    assert is_let_in(client_of(log_in(user).data["token"]).get("/recent/"))


def test_a_login_in_the_future_is_none(user: Any) -> None:
    now = timezone.now()
    token = operations.issue(user)
    Token.objects.update(created_at=now + timedelta(hours=1))
    with at(now):
        assert not is_let_in(client_of(token).get("/recent/"))


def test_nobody(db: None, api_client: APIClient) -> None:
    for path in ("/recent/", "/recent/five/"):
        response = api_client.get(path)
        assert response.status_code == 401
        assert response.data["detail"].code == "not_authenticated"
        assert response["WWW-Authenticate"] == 'Token realm="api"'


def test_who_is_not_let_in_anyway_learns_nothing_of_it(user: Any) -> None:
    """RFC 9470 3: the challenge is for a token that is otherwise valid."""
    expired, revoked = operations.issue(user, ttl=timedelta(0)), operations.issue(user)
    revoked.delete()
    for key in (expired.key, revoked.key, "nonsense"):
        response = client_of(key).post("/recent/")
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == 'Token realm="api", error="invalid_token"'


@pytest.mark.django_db(transaction=True)
@both
def test_a_refusal_makes_nothing(atomic: bool) -> None:
    with at(timezone.now() - timedelta(hours=1)):
        client = client_of(operations.issue(make_user()))
    with atomic_requests(atomic):
        assert not is_let_in(client.post("/auth/tokens/", {"name": "x"}))
    assert Token.objects.count() == 1


# Sessions


@pytest.fixture
def session(user: Any) -> APIClient:
    client = APIClient()
    assert client.login(username=user.get_username(), password=PASSWORD)
    return client


@pytest.mark.parametrize("edge", EDGES)
def test_a_session_is_as_fresh_as_its_login(user: Any, edge: str) -> None:
    now = timezone.now()
    client = APIClient()
    with at(now):
        assert client.login(username=user.get_username(), password=PASSWORD)
    # The session holds seconds as a float, which microseconds are lost in.
    away = EDGES[edge] * 1000
    with at(now + 15 * MINUTE + away):
        response = client.get("/recent/session/")
        if edge == "before":
            assert response.status_code == 200
        elif edge == "after":
            assert response.status_code in {401, 403}
            assert response.data["detail"].code == "insufficient_user_authentication"


def test_a_session_from_before_the_package_is_not_fresh(user: Any) -> None:
    """Nobody knows when its login was."""
    client = APIClient()
    client.force_login(user)
    assert client.get("/recent/session/").status_code == 200
    store = client.session
    del store["_drf_token_auth_login_at"]
    store.save()
    assert not is_let_in(client.get("/recent/session/"))


def test_the_time_stands_in_the_session_and_no_key_does(user: Any, session: APIClient) -> None:
    stored = dict(session.session)
    assert isinstance(stored["_drf_token_auth_login_at"], float)
    log_in(user, session)
    assert "dta_" not in str(dict(session.session))


def test_the_login_of_another_user_makes_no_session_fresh(
    user: Any, other_user: Any, session: APIClient
) -> None:
    store = session.session
    store["_drf_token_auth_login_at"] = 0.0
    store.save()
    assert log_in(other_user, session).status_code == 200
    assert session.session["_drf_token_auth_login_at"] == 0.0
    assert not is_let_in(session.get("/recent/session/"))


def test_a_password_with_each_request_is_no_login_either(user: Any) -> None:
    """Basic: nothing says that a person was there."""
    pair = base64.b64encode(f"{user.get_username()}:{PASSWORD}".encode()).decode()
    client = APIClient(HTTP_AUTHORIZATION=f"Basic {pair}")
    assert client.get("/recent/session/").status_code == 401


def test_a_session_of_one_user_says_nothing_of_another(
    user: Any, other_user: Any, session: APIClient
) -> None:
    """A fresh session's cookie beside another user's old token."""
    with at(timezone.now() - timedelta(hours=1)):
        old = operations.issue(other_user)
    session.credentials(HTTP_AUTHORIZATION=f"Token {old.key}")
    assert not is_let_in(session.get("/recent/"))
    with at(timezone.now() - timedelta(hours=1)):
        own = operations.issue(user)
    session.credentials(HTTP_AUTHORIZATION=f"Token {own.key}")
    assert not is_let_in(session.get("/recent/"))


# With & and |


@pytest.mark.parametrize("path", ["/recent/both/", "/recent/both-turned/"])
def test_and(user: Any, path: str) -> None:
    fresh = client_of(operations.issue(user))
    with at(timezone.now() - timedelta(hours=1)):
        stale = client_of(operations.issue(user))
    seconds = 300 if path == "/recent/both/" else 900
    assert is_let_in(fresh.post(path))
    assert fresh.get(path).status_code == 403
    assert not is_let_in(stale.post(path), seconds)


@pytest.mark.parametrize("path", ["/recent/either/", "/recent/either-turned/"])
def test_or(user: Any, path: str) -> None:
    fresh = client_of(operations.issue(user))
    with at(timezone.now() - timedelta(hours=1)):
        stale = client_of(operations.issue(user))
    seconds = 900 if path == "/recent/either/" else 300
    assert is_let_in(fresh.get(path))
    assert is_let_in(fresh.post(path))
    assert is_let_in(stale.post(path))
    assert not is_let_in(stale.get(path), seconds)


def test_class_and_instance_are_both_permissions() -> None:
    one = RecentLogin(MINUTE)
    assert one() is one
    assert RecentLogin().max_age is None
    assert (RecentLogin() | one)() is not None
