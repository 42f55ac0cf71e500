from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from django.utils.translation import gettext_lazy

from drf_token_auth import conf
from drf_token_auth.conf import Settings, TokenAuthSettings, get_settings

PEPPER = "p" * 32


def test_defaults_apply_without_the_setting():
    assert get_settings() == Settings()
    assert get_settings().TTL == timedelta(days=14)


def test_a_changed_setting_is_read_immediately():
    with override_settings(DRF_TOKEN_AUTH={"TTL": timedelta(hours=1)}):
        assert get_settings().TTL == timedelta(hours=1)
        assert get_settings().PERSONAL_TTL == timedelta(days=90)
    assert get_settings().TTL == timedelta(days=14)


def test_the_snapshot_is_the_same_object_until_a_setting_changes():
    before = get_settings()
    assert get_settings() is before
    with override_settings(DRF_TOKEN_AUTH={}):
        assert get_settings() is not before
    with pytest.raises(FrozenInstanceError):
        get_settings().TTL = None  # type: ignore[misc]


def test_the_typed_dict_and_the_snapshot_have_the_same_names():
    names = [field.name for field in fields(Settings)]
    assert list(TokenAuthSettings.__annotations__) == names
    assert list(conf.RULES) == names


def test_a_login_rate_that_is_left_out_keeps_its_default():
    with override_settings(DRF_TOKEN_AUTH={"LOGIN_RATES": {"address": None}}):
        assert get_settings().LOGIN_RATES == {"address": None, "account": "10/min"}
    with override_settings(DRF_TOKEN_AUTH={"LOGIN_RATES": None}):
        assert get_settings().LOGIN_RATES == {}


def test_no_repr_shows_a_pepper():
    with override_settings(DRF_TOKEN_AUTH={"PEPPERS": {1: PEPPER}}):
        assert get_settings().PEPPERS == {1: PEPPER.encode()}
        assert PEPPER not in repr(get_settings())


VALID = [
    *[("TTL", timedelta(days=36_500)), ("ROTATION_GRACE", timedelta(days=36_500))],
    *[("TTL", None), ("MAX_TTL", timedelta(microseconds=1)), ("LAST_USED_INTERVAL", timedelta(0))],
    *[("ROTATION_GRACE", timedelta(0)), ("PASSWORD_BOUND", []), ("PASSWORD_BOUND", ("personal",))],
    *[("SCOPES", {"read": gettext_lazy("Read")}), ("PREFIX", "x"), ("PEPPERS", {127: PEPPER})],
    *[("UNKNOWN_KEYS", "pass"), ("WHEN_FULL", "reject"), ("MAX_TOKENS_PER_USER", 1)],
    ("PEPPER", None),
    *[("FAILED_KEY_RATE", "5/hour"), ("LOGIN_RATES", {"account": "3/m"})],
]
INVALID = [
    *[("TTL", timedelta.max), ("LAST_USED_INTERVAL", timedelta.max), ("TTL", timedelta(36_501))],
    *[("TTL", 3600), ("TTL", timedelta(0)), ("MAX_TTL", timedelta(-1)), ("IDLE_TIMEOUT", "1h")],
    *[("LAST_USED_INTERVAL", timedelta(-1)), ("ROTATION_GRACE", 60), ("RECENT_LOGIN", 0)],
    *[("MAX_TOKENS_PER_USER", 0), ("MAX_TOKENS_PER_USER", True), ("WHEN_FULL", "evict")],
    *[("REVOKE_ON_REUSE", 1), ("PASSWORD_BOUND", "login"), ("PASSWORD_BOUND", ("api",))],
    *[("SCOPES", ["read"]), ("SCOPES", {"read write": ""}), ("SCOPES", {"": ""})],
    ("SCOPES", {f"scope-number-{n:02}": "" for n in range(80)}),
    *[("SCOPES", {"read": None}), ("PREFIX", ""), ("PREFIX", "a b"), ("PREFIX", "x" * 17)],
    *[("PREFIX", 'a"'), ("PEPPERS", {0: PEPPER}), ("PEPPERS", {128: PEPPER})],
    *[("PEPPERS", {1: "short"}), ("PEPPERS", {"1": PEPPER}), ("PEPPERS", [PEPPER])],
    *[("PEPPER", 0), ("PEPPER", "1"), ("PEPPER", True), ("PEPPER", 128), ("PEPPER", 5)],
    *[("PEPPERS", {1: PEPPER.encode()}), ("UNKNOWN_KEYS", "ignore"), ("FAILED_KEY_RATE", "often")],
    *[("LOGIN_RATES", {"ip": "1/s"}), ("LOGIN_RATES", {"address": 5}), ("LOGIN_RATES", "20/min")],
]


@pytest.mark.parametrize(("name", "value"), VALID)
def test_a_good_value_is_accepted(name, value):
    with override_settings(DRF_TOKEN_AUTH={name: value}):
        assert not list(conf.problems())
        assert hasattr(get_settings(), name)


@pytest.mark.parametrize(("name", "value"), INVALID)
def test_a_bad_value_is_one_error_that_names_the_setting(name, value):
    with override_settings(DRF_TOKEN_AUTH={name: value}):
        [problem] = conf.problems()
        assert problem.id == "E003"
        assert f"DRF_TOKEN_AUTH[{name!r}]" in problem.message
        with pytest.raises(ImproperlyConfigured, match=name):
            get_settings()


def test_a_bad_pepper_is_not_shown():
    with override_settings(DRF_TOKEN_AUTH={"PEPPERS": {1: "not long enough"}}):
        [problem] = conf.problems()
        assert "not long enough" not in problem.message


@pytest.mark.parametrize("peppers", [{}, {2: PEPPER}])
def test_the_pepper_in_use_must_be_a_known_one(peppers):
    with override_settings(DRF_TOKEN_AUTH={"PEPPERS": peppers, "PEPPER": 1}):
        [problem] = conf.problems()
        assert (problem.id, "PEPPER" in problem.message) == ("E003", True)
        assert PEPPER not in problem.message + problem.hint
    with override_settings(DRF_TOKEN_AUTH={"PEPPERS": {**peppers, 1: PEPPER}, "PEPPER": 1}):
        assert get_settings().PEPPER == 1
