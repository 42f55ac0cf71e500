"""The checks of what comes with DRF itself; the neighbours' own are in tests/contrib."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import override_settings
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIRequestFactory

from drf_token_auth import get_token_model, operations
from drf_token_auth.authentication import ExpiringTokenAuthentication

HERE = f"{__name__}."
OURS = "drf_token_auth.authentication.ExpiringTokenAuthentication"
BEARER = "drf_token_auth.authentication.BearerTokenAuthentication"
DRFS = "rest_framework.authentication.TokenAuthentication"
SESSION = "rest_framework.authentication.SessionAuthentication"


class DrfsBearer(TokenAuthentication):
    keyword = "bearer"


class OnOurModel(TokenAuthentication):
    model = get_token_model()


class OnOurModelByHook(TokenAuthentication):
    def get_model(self) -> Any:
        return get_token_model()


class ByDigest(OnOurModelByHook):
    def authenticate_credentials(self, key: str) -> Any:
        token = get_token_model().objects.from_key(key)
        if token is None:
            raise AuthenticationFailed
        return token.user, token


class ByTenant(TokenAuthentication):
    def get_model(self) -> Any:
        raise RuntimeError("no tenant before a request")


class Ours(ExpiringTokenAuthentication):
    pass


def found(*names: str, **ours: Any) -> list[Any]:
    settings = {"REST_FRAMEWORK": {"DEFAULT_AUTHENTICATION_CLASSES": list(names)}}
    with override_settings(**settings, DRF_TOKEN_AUTH=ours):
        messages = run_checks()
    return [message for message in messages if message.id.startswith("drf_token_auth.")]


@pytest.mark.parametrize("name", ["OnOurModel", "OnOurModelByHook"])
def test_drfs_authenticator_on_our_rows_is_found(user, name):
    [message] = found(HERE + name)
    assert message.id == "drf_token_auth.E014"
    assert message.hint == f"Derive it from {OURS}."
    # As it says, every request would fail.
    request = APIRequestFactory(headers={"Authorization": f"Token {operations.issue(user).key}"})
    with pytest.raises(Exception) as failure:  # noqa: PT011 -- whichever, it is no 401
        globals()[name]().authenticate(request.get("/"))
    assert not isinstance(failure.value, AuthenticationFailed)


@pytest.mark.parametrize("names", [["ByDigest"], ["ByTenant"], ["ByDigest", "Ours"]])
def test_authenticators_that_are_the_projects_own_business(names):
    assert found(*(HERE + name for name in names)) == []


@pytest.mark.parametrize(
    ("names", "unknown", "refused"),
    [
        ([DRFS, OURS], "reject", "ExpiringTokenAuthentication"),
        ([DRFS, OURS], "pass", "ExpiringTokenAuthentication"),
        ([SESSION, DRFS, HERE + "Ours"], "pass", "Ours"),
        ([OURS, DRFS], "reject", "TokenAuthentication"),
        ([BEARER, HERE + "DrfsBearer", OURS], "reject", "DrfsBearer"),
    ],
)
def test_two_that_refuse_each_others_keys_are_found(names, unknown, refused):
    messages = [one for one in found(*names, UNKNOWN_KEYS=unknown) if one.id[-4:] != "W001"]
    assert [message.id for message in messages] == ["drf_token_auth.W007"]
    [message] = messages
    assert f"the keys of {refused}" in message.msg or f"{refused} and refuses its" in message.msg
    assert '{"UNKNOWN_KEYS": "pass"}' in message.hint


@pytest.mark.parametrize(
    ("names", "unknown"),
    [
        ([OURS, DRFS], "pass"),
        ([OURS, BEARER, DRFS, SESSION], "pass"),
        ([DRFS], "reject"),
        ([DRFS, BEARER], "reject"),
        ([BEARER, DRFS], "reject"),
    ],
)
def test_two_that_get_along(names, unknown):
    assert found(*names, UNKNOWN_KEYS=unknown) == []


def test_the_hint_is_what_gets_along():
    [message] = found(DRFS, OURS)
    assert f'["{OURS}", "{DRFS}", …]' in message.hint
    assert found(OURS, DRFS, UNKNOWN_KEYS="pass") == []


def test_settings_that_cannot_be_read_are_said_once():
    assert [message.id for message in found(OURS, DRFS, UNKNOWN_KEYS="what")] == [
        "drf_token_auth.E003"
    ]
