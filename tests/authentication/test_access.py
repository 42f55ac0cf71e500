"""Access is granted if and only if each condition of docs/topics/security.md holds."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from drf_token_auth import get_token_model, keys
from drf_token_auth.passwords import stamp
from tests.lives import MICROSECOND, at

pytestmark = pytest.mark.django_db

Token = get_token_model()
PEPPERS = {1: "one " * 10, 2: "two " * 10}
FORM = "application/x-www-form-urlencoded"
FORMER_SECRET = "the secret key before"

# The number of a condition is its number on the page. The first list has cases that meet the
# condition, and the second list has cases that do not.
CONDITIONS: dict[str, tuple[list[Any], list[Any]]] = {
    "1 scheme": (["Token", "token", "tOKEN"], ["Bearer", "Toke", "Tokens", ""]),
    "1 between": ([" ", "   ", "\t"], ["\xa0", ""]),
    "2 and 3 presented": (["whole"], ["changed", "cut", "longer", "two parts", "256", "not ASCII"]),
    "3 row": (
        ["no pepper", "pepper 1", "pepper 2", "another shape", "knox", "previous"],
        [
            "former pepper",
            "gone",
            "knox of our shape",
            "previous at its end",
            "wrong checksum",
            "256 characters",
        ],
    ),
    "4 expiry": ([None, MICROSECOND, timedelta(days=9)], [timedelta(0), -MICROSECOND]),
    "5 user": (["active"], ["inactive"]),
    "6 password": (
        ["current", "unbound", "of another SECRET_KEY", "personal"],
        ["another"],
    ),
    "7 failures": (["uncounted", "not used up"], ["used up"]),
}


def cases(*broken: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            name: st.sampled_from(bad if name in broken else good)
            for name, (good, bad) in CONDITIONS.items()
        }
    )


def digest(key: str, how: str) -> bytes:
    version = {"pepper 1": 1, "pepper 2": 2, "former pepper": 3}.get(how, keys.SHA256)
    if how.startswith("knox"):
        return keys.knox_digest(hashlib.sha512(key.encode()).hexdigest())
    if how == "gone":
        return keys.unissued()
    return keys.digest(key, version, {**PEPPERS, 3: "three " * 10}.get(version, "").encode())


def store(user: Any, case: dict[str, Any], now: Any) -> str:
    """Create the row of this case, if the case has one. Return the key."""
    how, password = case["3 row"], case["6 password"]
    key = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"
    if how not in ("another shape", "knox"):
        key = keys.generate("dta_")
    # This package never writes such rows, but another program could.
    key = {"wrong checksum": "dta_" + 36 * "a", "256 characters": 256 * "a"}.get(how, key)
    with override_settings(SECRET_KEY=FORMER_SECRET):
        former = stamp(user)
    bound: dict[str, Any] = {
        "current": stamp(user),
        "unbound": None,
        "of another SECRET_KEY": former,
    }
    row = {
        "digest": digest(key, how),
        "kind": "personal" if password == "personal" else "login",
        "user_stamp": bound.get(password, "x" * 12),
        "expires_at": case["4 expiry"] if case["4 expiry"] is None else now + case["4 expiry"],
    }
    if how.startswith("previous"):
        row["digest"], row["previous_digest"] = keys.digest(keys.generate("dta_"), 0), row["digest"]
        row["previous_until"] = now if how == "previous at its end" else now + MICROSECOND
    if how != "gone":
        token = Token.objects.create(user=user)
        # Write the values directly, without the checks of the model.
        Token.objects.filter(pk=token.pk).update(**row)
    return key


def header(case: dict[str, Any], key: str) -> str:
    shown = {
        "whole": key,
        "changed": key[:-1] + ("a" if key[-1] != "a" else "b"),
        "cut": key[:-1],
        "longer": f"{key}a",
        "two parts": f"{key} a",
        "256": key + "a" * (256 - len(key)),
        "not ASCII": f"{key}\xe9",
    }[case["2 and 3 presented"]]
    return f"{case['1 scheme']}{case['1 between']}{shown}"


def status_of(user: Any, case: dict[str, Any]) -> int:
    Token.objects.all().delete_silently()
    cache.clear()
    type(user).objects.filter(pk=user.pk).update(is_active=case["5 user"] == "active")
    rate = None if case["7 failures"] == "uncounted" else "2/day"
    now = timezone.now()
    client = APIClient()
    with ExitStack() as stack:
        stack.enter_context(at(now))
        key = store(user, case, now)
        stack.enter_context(
            override_settings(
                DRF_TOKEN_AUTH={"PEPPERS": PEPPERS, "PEPPER": 2, "FAILED_KEY_RATE": rate},
            )
        )
        for _ in range({"used up": 2, "not used up": 1}.get(case["7 failures"], 0)):
            assert client.get("/echo/", HTTP_AUTHORIZATION="Token x").status_code == 401
        return client.get("/echo/", HTTP_AUTHORIZATION=header(case, key)).status_code


common = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@common
@given(case=cases())
def test_access_if_all_conditions_hold(user: Any, case: dict[str, Any]) -> None:
    assert status_of(user, case) == 200


@common
@given(data=st.data(), broken=st.sets(st.sampled_from(list(CONDITIONS)), min_size=1, max_size=2))
def test_no_access_if_one_or_two_conditions_fail(
    user: Any, data: st.DataObject, broken: set[str]
) -> None:
    case = data.draw(cases(*broken))
    is_ours = not {"1 scheme", "1 between"} & broken
    refused = 429 if is_ours and "7 failures" in broken else 401
    assert status_of(user, case) == refused


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, (good, bad) in CONDITIONS.items() for value in [*good, *bad]],
    ids=str,
)
def test_no_access_if_one_condition_fails(user: Any, name: str, value: Any) -> None:
    """Change one condition of an accepted request."""
    case = {other: good[0] for other, (good, _) in CONDITIONS.items()}
    case[name] = value
    assert (status_of(user, case) == 200) is (value in CONDITIONS[name][0])


@pytest.mark.parametrize("name", ["token", "access_token", "key", "Authorization"])
def test_a_key_is_read_from_the_header_alone(user: Any, name: str) -> None:
    """A key in a URL, a body or a cookie is not read, even beside a header (RFC 6750 2.2, 2.3)."""
    mine, other = [Token.objects.create(user=user) for _ in range(2)]
    client = APIClient()
    client.cookies[name] = mine.key
    for answer in [
        client.get("/echo/", {name: mine.key}),
        client.post("/echo/", {name: mine.key}, format="json"),
        client.post("/echo/", {name: mine.key}, format="multipart"),
        client.post("/echo/", f"{name}={mine.key}", content_type=FORM),
    ]:
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Token realm="api"'
    beside = client.post(
        f"/auth/token/rotate/?{name}={mine.key}",
        {name: mine.key},
        HTTP_AUTHORIZATION=f"Token {other.key}",
    )
    assert beside.data["id"] == other.pk


REASONS = {
    ("2 and 3 presented", "changed"): "WrongChecksum",
    ("2 and 3 presented", "two parts"): "MalformedKey",
    ("2 and 3 presented", "256"): "MalformedKey",
    ("3 row", "gone"): "UnknownKey",
    ("3 row", "previous at its end"): "ReusedKey",
    ("4 expiry", timedelta(0)): "TokenExpired",
    ("5 user", "inactive"): "InactiveUser",
    ("6 password", "another"): "PasswordChanged",
}


@pytest.mark.parametrize(("broken", "reason"), REASONS.items(), ids=str)
def test_the_log_names_the_condition_that_failed(
    user: Any, broken: tuple[str, Any], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    case = {other: good[0] for other, (good, _) in CONDITIONS.items()}
    name, value = broken
    case[name] = value
    with caplog.at_level("DEBUG", "drf_token_auth"):
        assert status_of(user, case) == 401
    said = [one.getMessage() for one in caplog.records if one.levelname == "DEBUG"]
    assert said == [f"a key is refused: {reason}"]
