from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from adrf.views import APIView
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from rest_framework.response import Response

from drf_token_auth.permissions import HasScopes, RecentLogin
from drf_token_auth.test import act_as
from tests.lives import only

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # adrf authenticates in its own threads, and never closes their connections.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
CLIENTS = {"asgi": AsyncClient, "wsgi": Client}


class Caller:
    """Django's client for the sync or the async handler. Sync tests can call both."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def __getattr__(self, method: str) -> Any:
        call = getattr(self.client, method)
        return async_to_sync(call) if isinstance(self.client, AsyncClient) else call


@pytest.fixture(params=CLIENTS)
def caller(request: Any) -> Caller:
    return Caller(CLIENTS[request.param]())


def test_a_token_is_accepted(user: Any, caller: Caller) -> None:
    token = act_as(caller.client, user)
    response = caller.get("/whoami/")
    assert (response.status_code, response.json()) == (200, {"user": "ada", "token": token.pk})
    token.refresh_from_db()
    assert token.last_used_at is not None


def test_a_request_without_a_token_is_refused(caller: Caller) -> None:
    response = caller.get("/whoami/")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Token realm="api"'


def test_a_token_without_the_scope_is_refused(user: Any, caller: Caller) -> None:
    act_as(caller.client, user, scopes=["read"])
    assert caller.get("/whoami/").status_code == 200
    response = caller.post("/leave/")
    assert response.status_code == 403
    assert 'scope="write"' in response.headers["WWW-Authenticate"]


class FreshView(APIView):
    permission_classes = (RecentLogin & HasScopes,)
    required_scopes = ("read",)

    async def get(self, request: Any) -> Response:
        return Response({"token": request.auth and request.auth.pk})


def test_a_view_can_require_a_fresh_login_and_a_scope(user: Any, caller: Caller) -> None:
    with only(FreshView.as_view()):
        assert caller.get("/").status_code == 401
        token = act_as(caller.client, user, scopes=["read"])
        assert caller.get("/").json() == {"token": token.pk}
        for stale in ({"kind": "personal"}, {"age": timedelta(days=1)}):
            act_as(caller.client, user, scopes=["read"], **stale)
            response = caller.get("/")
            assert response.status_code == 401
            assert "insufficient_user_authentication" in response.headers["WWW-Authenticate"]


def test_an_async_view_can_revoke_the_token(user: Any, caller: Caller) -> None:
    act_as(caller.client, user)
    assert caller.post("/leave/").status_code == 204
    assert caller.get("/whoami/").status_code == 401


def test_our_own_views_work_under_asgi(user: Any, caller: Caller) -> None:
    act_as(caller.client, user)
    assert caller.get("/auth/token/").status_code == 200
    assert caller.post("/auth/logout/").status_code == 204
    assert caller.get("/auth/token/").status_code == 401
