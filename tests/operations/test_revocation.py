"""``revoke/``: a client that has a key may revoke its token (RFC 7009)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, operations
from tests.conftest import make_user
from tests.lives import MINUTE_BEGINS, at, atomic_requests, client_of, listening, status_of
from tests.queries import queries
from tests.rows import hide

Token = get_token_model()
REVOKE = "/auth/revoke/"
both = pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "ATOMIC_REQUESTS"])


def revoke(key: Any, client: APIClient | None = None, **more: Any) -> Any:
    return (client or APIClient()).post(REVOKE, {"token": key, **more})


def is_answered_as_always(response: Any) -> bool:
    return (response.status_code, response.content) == (200, b"{}")


@pytest.mark.django_db(transaction=True)
@both
@pytest.mark.parametrize("kind", ["login", "personal"])
def test_the_holder_of_a_key_revokes_its_token(atomic: bool, kind: str) -> None:
    user = make_user()
    token, other = operations.issue(user, kind=kind), operations.issue(user)
    with atomic_requests(atomic), listening() as heard:
        assert is_answered_as_always(revoke(token.key))
        assert status_of(token) == 401
        assert status_of(other) == 200
        assert is_answered_as_always(revoke(token.key))
    ((what, gone, reason, actor, request),) = heard
    assert (what, gone.pk, reason, actor) == ("revoked", token.pk, "holder", user)
    assert request.path == REVOKE


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-www-form-urlencoded", "multipart"]
)
def test_a_key_may_come_as_json_or_as_a_form(user: Any, content_type: str) -> None:
    token = operations.issue(user)
    client = APIClient()
    if content_type == "multipart":
        response = client.post(REVOKE, {"token": token.key}, format="multipart")
    else:
        body = (
            json.dumps({"token": token.key})
            if content_type == "application/json"
            else f"token={token.key}"
        )
        response = client.post(REVOKE, body, content_type=content_type)
    assert is_answered_as_always(response)
    assert status_of(token) == 401


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "nonsense", "", 5, None, ["x"]])
def test_a_token_type_hint_is_ignored(user: Any, hint: Any) -> None:
    token = operations.issue(user)
    assert is_answered_as_always(
        APIClient().post(REVOKE, {"token": token.key, "token_type_hint": hint}, format="json")
    )
    assert not Token.objects.exists()


KEYS = {
    "unknown": Token.generate_key(),
    "wrong checksum": "dta_" + "x" * 36,
    "malformed": "x y",
    "of another make": "a" * 40,
    "long": "x" * 300,
    "very long": "x" * 900_000,
    "NUL": "a\0b",
    "emoji": "🔑" * 40,
    "surrogate": "\ud800",
    "number": 12345,
    "line break": "dta_\r\nSet-Cookie: x",
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_every_key_gets_the_same_answer(user: Any, key: Any) -> None:
    operations.issue(user)
    body = json.dumps({"token": key})
    with CaptureQueriesContext(connection) as queries:
        response = APIClient().post(REVOKE, body, content_type="application/json")
    assert is_answered_as_always(response)
    written = [q["sql"] for q in queries.captured_queries if not q["sql"].startswith("SELECT")]
    assert written == []
    assert Token.objects.count() == 1


def test_an_expired_token_gets_the_same_answer_and_stays(user: Any) -> None:
    expired = operations.issue(user, ttl=timedelta(0))
    gone = operations.issue(user)
    operations.revoke(gone)
    with listening() as heard:
        for token in (expired, gone):
            assert is_answered_as_always(revoke(token.key))
    assert heard == []
    assert list(Token.objects.all()) == [expired]


@pytest.mark.django_db(transaction=True)
@both
@pytest.mark.parametrize("kind", ["login", "personal"])
def test_the_token_of_a_deactivated_user_is_revoked(atomic: bool, kind: str) -> None:
    user = make_user()
    token = operations.issue(user, kind=kind)
    user.is_active = False
    user.save()
    with atomic_requests(atomic), listening() as heard:
        assert is_answered_as_always(revoke(token.key))
    ((what, gone, reason, actor, request),) = heard
    assert (what, gone.pk, reason, actor) == ("revoked", token.pk, "holder", user)
    assert request.path == REVOKE
    user.is_active = True
    user.save()
    assert status_of(token) == 401


def test_the_token_of_a_hidden_user_is_revoked(user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some projects keep the rows of deleted users and hide them. A hidden user may come back."""
    token = operations.issue(user)
    with monkeypatch.context() as patch:
        hide(user, patch)
        assert status_of(token) == 401
        assert Token.objects.from_key(token.key) is None
        assert is_answered_as_always(revoke(token.key))
    assert status_of(token) == 401
    assert not Token.objects.exists()


def test_a_token_with_an_old_password_is_revoked(user: Any) -> None:
    """The user may set the old password again. The token must not work then."""
    token = operations.issue(user)
    before = user.password
    user.set_password("x")
    user.save()
    assert is_answered_as_always(revoke(token.key))
    user.password = before
    user.save()
    assert status_of(token) == 401


def test_a_revocation_is_one_select_and_one_delete(user: Any) -> None:
    token = operations.issue(user)
    with queries() as asked:
        revoke(token.key)
    assert [one.lstrip("( ").split()[0] for one in asked] == ["SELECT", "DELETE"]


@pytest.mark.parametrize("data", [{}, {"token": ""}, {"token": None}, {"token": []}, [], "x"])
def test_a_request_without_a_key_gets_400(db: None, data: Any) -> None:
    assert APIClient().post(REVOKE, data, format="json").status_code == 400


def test_the_key_alone_is_enough(user: Any, other_user: Any) -> None:
    """A person who finds a key on the web may have no account, or another account."""
    found = operations.issue(other_user)
    assert is_answered_as_always(revoke(found.key, client_of(operations.issue(user))))
    assert status_of(found) == 401


def test_an_unusable_key_in_the_header_does_not_matter(user: Any) -> None:
    token = operations.issue(user)
    assert is_answered_as_always(revoke(token.key, client_of("dta_stale")))
    assert not Token.objects.exists()


def test_the_previous_key_revokes_the_token_within_its_grace(user: Any) -> None:
    token = operations.issue(user)
    new = operations.rotate(token)
    assert is_answered_as_always(revoke(token.key))
    assert status_of(new) == 401


def test_the_previous_key_revokes_nothing_after_its_grace(user: Any) -> None:
    token = operations.issue(user)
    with at(timezone.now() - timedelta(hours=1)):
        new = operations.rotate(token)
    assert is_answered_as_always(revoke(token.key))
    assert status_of(new) == 200


@pytest.mark.django_db(transaction=True)
@both
@pytest.mark.parametrize("ends", [False, True])
def test_reuse_is_reported_with_the_request(
    atomic: bool, ends: bool, caplog: pytest.LogCaptureFixture
) -> None:
    token = operations.issue(make_user())
    with at(timezone.now() - timedelta(hours=1)):
        operations.rotate(token)
    conf = override_settings(DRF_TOKEN_AUTH={"REVOKE_ON_REUSE": ends})
    caplog.set_level("INFO", logger="drf_token_auth")
    with conf, atomic_requests(atomic), listening() as heard:
        assert is_answered_as_always(revoke(token.key, APIClient(REMOTE_ADDR="192.0.2.7")))
    expected = [("reused", None), ("revoked", "reuse")][: 1 + ends]
    assert [(one.what, one.reason) for one in heard] == expected
    assert {(one.request.path, type(one.request).__name__) for one in heard} == {
        (REVOKE, "WSGIRequest")
    }
    assert Token.objects.exists() is not ends
    lines = [one for one in caplog.messages if one.startswith(("token reused", "token revoked"))]
    assert [one.rpartition(" ")[2] for one in lines] == ["address=192.0.2.7"] * (1 + ends)


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_a_key_in_the_url_is_ignored(user: Any, method: str) -> None:
    token = operations.issue(user)
    client = APIClient()
    assert getattr(client, method)(f"{REVOKE}?token={token.key}").status_code == 405
    assert client.post(f"{REVOKE}?token={token.key}").status_code == 400
    assert status_of(token) == 200


def test_revocations_are_throttled_apart_from_logins(db: None) -> None:
    rates = {"LOGIN_RATES": {"address": "3/min"}}
    with override_settings(DRF_TOKEN_AUTH=rates), at(MINUTE_BEGINS):
        answers = [revoke("x" * 40) for _ in range(5)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
        assert 0 < int(answers[-1]["Retry-After"]) <= 60
        login = APIClient().post("/auth/login/", {"username": "a", "password": "b"})
        assert login.status_code == 400
    with override_settings(DRF_TOKEN_AUTH={"LOGIN_RATES": None}):
        assert is_answered_as_always(revoke("x" * 40))
