"""Django's ways to use PostgreSQL: binding, prepared statements, pools, lost connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections
from django.utils import timezone

from drf_token_auth import get_token_model
from drf_token_auth.lookup import fast_select as statement
from tests.lookup.test_fast_select import assert_equal

pytestmark = pytest.mark.django_db(transaction=True)

OPTIONS: dict[str, dict[str, Any]] = {
    "Django's": {},
    "bound by the server": {"server_side_binding": True},
    "prepared": {"prepare_threshold": 0},
    "prepared, bound by the server": {"server_side_binding": True, "prepare_threshold": 1},
    "pooled": {"pool": {"min_size": 1, "max_size": 2}},
    "pooled, prepared": {
        "pool": {"min_size": 1, "max_size": 2},
        "server_side_binding": True,
        "prepare_threshold": 0,
    },
}


@contextmanager
def connected(options: dict[str, Any], **settings: Any) -> Iterator[Any]:
    """Replace the default connection by a copy of it that has other options."""
    statement._forget()
    ours = connections["default"]
    other = ours.copy()
    other.settings_dict.update(settings)
    other.settings_dict["OPTIONS"] = {**other.settings_dict["OPTIONS"], **options}
    connections["default"] = other
    try:
        yield other
    finally:
        other.close()
        if options.get("pool"):
            other.close_pool()
        connections["default"] = ours
        statement._forget()


@contextmanager
def elsewhere(connected_to: Any) -> Iterator[Any]:
    """Open a cursor on another connection to the same database."""
    another = connected_to.copy()
    try:
        with another.cursor() as cursor:
            yield cursor
    finally:
        another.close()


@pytest.fixture
def token(user: Any) -> Any:
    return get_token_model().objects.create(user=user, last_used_at=timezone.now())


def prepared() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%digest%"]
        )
        return cursor.fetchone()[0]


@pytest.mark.parametrize("how", OPTIONS)
def test_the_token_and_the_user_equal_those_of_the_orm(token: Any, how: str) -> None:
    with connected(OPTIONS[how]):
        for _ in range(4):
            assert_equal(token)
        assert statement._statements


@pytest.mark.parametrize("how", OPTIONS)
def test_the_statement_is_prepared_once_if_both_options_are_on(token: Any, how: str) -> None:
    with connected(OPTIONS[how]):
        for _ in range(7):
            statement.fetch(type(token), [bytes(token.digest)], "default")
        are_on = {"server_side_binding", "prepare_threshold"} <= OPTIONS[how].keys()
        assert prepared() == int(are_on)


@pytest.mark.parametrize("how", OPTIONS)
def test_a_connection_closed_between_two_requests_is_opened_again(token: Any, how: str) -> None:
    with connected(OPTIONS[how]) as other:
        assert_equal(token)
        other.close()
        assert other.connection is None
        assert_equal(token)


def requests_of(token: Any) -> Callable[[], str]:
    """Return a function that sends a request as a server does.

    So the settings decide which connections are closed after a request.
    """
    serve = WSGIHandler()

    def ask() -> str:
        said: list[str] = []
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/echo/",
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "HTTP_AUTHORIZATION": f"Token {token.key}",
            "wsgi.input": BytesIO(),
        }
        response = serve(environ, lambda status, headers: said.append(status))
        b"".join(response)
        response.close()
        return said[0]

    return ask


def backend(of: Any) -> int | None:
    return None if of.connection is None else of.connection.info.backend_pid


@pytest.mark.parametrize("age", [0, 60, None])
@pytest.mark.parametrize("how", OPTIONS)
def test_requests_work_with_any_age_of_connections(token: Any, how: str, age: int | None) -> None:
    if "pool" in OPTIONS[how]:
        age = 0  # Django allows only 0 with a pool.
    ask = requests_of(token)
    with connected(OPTIONS[how], CONN_MAX_AGE=age) as other:
        assert [ask() for _ in range(3)] == ["200 OK"] * 3
        assert (backend(other) is None) is (age == 0)


@pytest.mark.parametrize("how", ["Django's", "prepared, bound by the server"])
def test_a_request_works_after_the_server_closed_its_connection(token: Any, how: str) -> None:
    ask = requests_of(token)
    keeping = {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
    with connected(OPTIONS[how], **keeping) as other:
        assert ask() == "200 OK"
        lost = backend(other)
        with elsewhere(other) as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [lost])
        assert ask() == "200 OK"
        assert backend(other) not in (lost, None)


@pytest.mark.parametrize("how", ["prepared", "prepared, bound by the server"])
def test_an_added_column_does_not_break_prepared_statements(token: Any, how: str) -> None:
    """The statement names its columns, so it still works after a migration of a running site."""
    table = connection.ops.quote_name(type(token)._meta.db_table)
    with connected(OPTIONS[how]) as other, elsewhere(other) as cursor:
        for _ in range(3):
            assert_equal(token)
        cursor.execute(f"ALTER TABLE {table} ADD COLUMN later int DEFAULT 3")
        try:
            for _ in range(3):
                assert_equal(token)
        finally:
            cursor.execute(f"ALTER TABLE {table} DROP COLUMN later")
