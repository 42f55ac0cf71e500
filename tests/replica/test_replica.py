from __future__ import annotations

import itertools
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, keys, operations
from tests.conftest import PASSWORD, make_user
from tests.replica.conftest import replay
from tests.settings.replica import REPLICA_PORT

names = (f"user{number}" for number in itertools.count())


@pytest.fixture
def user() -> Any:
    return make_user(next(names))


@contextmanager
def counted() -> Any:
    with ExitStack() as stack:
        contexts = {
            alias: stack.enter_context(CaptureQueriesContext(connections[alias]))
            for alias in ("default", "replica")
        }
        counts: dict[str, int] = {}
        yield counts
        counts |= {alias: len(context) for alias, context in contexts.items()}


def get(key: str) -> Any:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client.get("/echo/")


def test_reads_go_to_the_replica_and_the_last_use_to_the_primary(user, catch_up):
    token = operations.issue(user)
    catch_up()
    with counted() as first:
        assert get(token.key).status_code == 200
    # On the primary: BEGIN, a SELECT that locks the row, an UPDATE and COMMIT.
    assert first == {"replica": 1, "default": 4}
    catch_up()
    with counted() as second:
        assert get(token.key).status_code == 200
    assert second == {"replica": 1, "default": 0}
    used = get_token_model().objects.using("default").get(pk=token.pk)
    assert used.last_used_at is not None


def test_a_token_the_replica_does_not_know_yet_is_asked_for_once_on_the_primary(user, paused):
    token = operations.issue(user)
    assert not get_token_model().objects.filter(pk=token.pk).exists()
    get(token.key)
    with counted() as queries:
        assert get(token.key).status_code == 200
    assert queries == {"replica": 1, "default": 1}


def test_an_unknown_key_needs_one_query_on_each_database(user, catch_up):
    catch_up()
    get(keys.generate("dta_"))
    with counted() as queries:
        assert get(keys.generate("dta_")).status_code == 401
    assert queries == {"replica": 1, "default": 1}
    with counted() as queries:
        assert get("dta_" + "a" * 36).status_code == 401
    assert queries == {"replica": 0, "default": 0}


def test_login_and_logout_work_while_the_replica_lags(user, paused):
    client = APIClient()
    credentials = {user.USERNAME_FIELD: user.get_username(), "password": PASSWORD}
    key = client.post("/auth/login/", credentials).data["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    assert client.post("/auth/logout/").status_code == 204
    assert client.get("/echo/").status_code == 401


def test_a_new_token_is_listed_renamed_and_revoked_while_the_replica_lags(user, paused):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {operations.issue(user).key}")
    made = client.post("/auth/tokens/", {"name": "ci"}).data
    assert [one["name"] for one in client.get("/auth/tokens/").data["results"]] == ["ci", ""]
    place = f"/auth/tokens/{made['id']}/"
    assert client.patch(place, {"name": "builds"}).status_code == 200
    assert client.get(place).data["name"] == "builds"
    assert client.delete(place).status_code == 204
    assert get(made["token"]).status_code == 401


def test_a_revoked_token_works_until_the_replica_knows(user, catch_up):
    token = operations.issue(user)
    catch_up()
    replay("pause")
    try:
        operations.revoke(token, reason="admin")
        assert get(token.key).status_code == 200  # docs/topics/replicas.md says so
    finally:
        replay("resume")
    catch_up()
    assert get(token.key).status_code == 401


def test_a_rotated_key_works_at_once(user, paused):
    token = operations.issue(user)
    rotated = operations.rotate(token)
    assert get(rotated.key).status_code == 200
    assert get(token.key).status_code == 200


def test_a_renewal_that_the_replica_does_not_know_yet_counts(user, catch_up):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        token = operations.issue(user, idle_timeout=timedelta(minutes=15))
    catch_up()
    replay("pause")
    try:
        with time_machine.travel(start + timedelta(minutes=10), tick=False):
            assert get(token.key).status_code == 200
        with time_machine.travel(start + timedelta(minutes=20), tick=False), counted() as queries:
            assert get(token.key).status_code == 200
        assert queries["replica"] == 1
        with time_machine.travel(start + timedelta(minutes=45), tick=False):
            assert get(token.key).json()["detail"] == "The token has expired."
    finally:
        replay("resume")


def test_a_replica_that_is_away_is_an_error_and_no_refusal(user, clusters, catch_up):
    token = operations.issue(user)
    catch_up()
    clusters.stop("replica")
    try:
        for connection in connections.all():
            connection.close()
        assert get(token.key).status_code == 500
        with pytest.raises(OperationalError):
            get_token_model().objects.from_key(token.key)
    finally:
        clusters.start("replica", REPLICA_PORT)
        connections["replica"].close()
    assert get(token.key).status_code == 200
