"""A message about a mistake in DRF_TOKEN_AUTH has the setting, the value and the line to write."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from drf_token_auth import conf
from drf_token_auth.conf.names import hint_for_flat
from drf_token_auth.conf.schema import RULES

SECRET = "a secret that nobody may see, anywhere"


def problem(settings: Any) -> tuple[str, str, str]:
    with override_settings(DRF_TOKEN_AUTH=settings):
        [found] = conf.problems()
        with pytest.raises(ImproperlyConfigured) as raised:
            conf.get_settings()
    assert str(raised.value) == f"{found.message} {found.hint}"
    return found


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        (None, "None"),
        ([("TTL", None)], "of type list"),
        ("TTL", "of type str"),
        (5, "of type int"),
        ([{"PEPPERS": {1: SECRET}}], "of type list"),
    ],
)
def test_a_setting_that_is_not_a_dict_is_an_error(settings, shown):
    found = problem(settings)
    assert found[0] == "E001"
    assert found[1] == f"DRF_TOKEN_AUTH must be a dict, but it is {shown}."
    assert 'Write DRF_TOKEN_AUTH = {"TTL": timedelta(days=14)}' in found[2]


def test_the_hint_names_a_comma_after_the_dict():
    assert problem(({"TTL": None},))[2] == "Delete the comma after the closing brace."
    assert "comma" not in problem(())[2]
    assert "comma" not in problem(("TTL",))[2]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("TTL", 3600, "a timedelta or None, but it is 3600. Did you mean timedelta(seconds=3600)?"),
        ("MAX_TTL", 0.5, "None, but it is 0.5. Did you mean timedelta(seconds=0.5)?"),
        ("TTL", "14 days", "but it is '14 days'. Did you mean timedelta(days=14)?"),
        ("IDLE_TIMEOUT", "1h", "but it is '1h'. Did you mean timedelta(hours=1)?"),
        ("ROTATION_GRACE", "60", "but it is '60'. Did you mean timedelta(seconds=60)?"),
        ("TTL", {"fortnights": 1}, "but it is {'fortnights': 1}. Write DRF_TOKEN_AUTH = {"),
        ("TTL", "None", "Did you mean None?"),
        ("TTL", "forever", "but it is 'forever'. Write DRF_TOKEN_AUTH = {"),
        ("TTL", True, "but it is True. Write DRF_TOKEN_AUTH = {"),
        ("TTL", timedelta(0), "a positive timedelta of at most 100 years, or None, but it is time"),
        ("MAX_TOKENS_PER_USER", "5", "a positive integer or None, but it is '5'. Write DRF_TO"),
        ("MAX_TOKENS_PER_USER", True, "but it is True. Write DRF_TOKEN_AUTH = {"),
        ("WHEN_FULL", "REJECT", "but it is 'REJECT'. Write DRF_TOKEN_AUTH = {"),
        ("REVOKE_ON_REUSE", 1, "True or False, but it is 1. Write DRF_TOKEN_AUTH = {"),
        ("WHEN_FULL", "evict", '"evict_oldest" or "reject", but it is \'evict\'. Write DRF_TO'),
        ("UNKNOWN_KEYS", True, '"reject" or "pass", but it is True. Write DRF_TOKEN_AUTH = {"UNK'),
        ("PASSWORD_BOUND", "login", "but it is 'login'. Write DRF_TOKEN_AUTH = {"),
        ("PASSWORD_BOUND", ("api",), "\"personal\", but it is ('api',)."),
        ("PREFIX", "a b", "header, but it is 'a b'."),
        ("FAILED_KEY_RATE", 20, 'a rate such as "20/min", or None, but it is 20. Write DRF_'),
    ],
)
def test_the_message_has_the_wrong_value_and_the_line_to_write(name, value, message):
    id_, said, hint = problem({name: value})
    assert id_ == "E003"
    assert said.startswith(f"DRF_TOKEN_AUTH['{name}'] must be ")
    assert message in f"{said} {hint}"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "LOGIN_RATES",
            {"account": "3/min", "address": 5},
            "['LOGIN_RATES']['address'] must be a rate such as \"20/min\", or None, but it is 5. W",
        ),
        (
            "LOGIN_RATES",
            {"ip": "5/min"},
            "but it is a dict with the entry 'ip'. Write DRF_TOKEN_AUTH = {",
        ),
        ("LOGIN_RATES", {"colour": "5/min"}, "the entry 'colour'. Write DRF_TOKEN_AUTH = {"),
        ("SCOPES", ["read", "write"], "descriptions, but it is ['read', 'write']. Write DRF_"),
        ("SCOPES", {"a": "A", "read write": ""}, "but it is a dict with the entry 'read write'."),
        (
            "SCOPES",
            {"a": "A", "read": None},
            "DRF_TOKEN_AUTH['SCOPES']['read'] must be a text that describes the scope, but it is N",
        ),
        ("SCOPES", {f"scope{n:04}": "" for n in range(101)}, "but it is 1009 characters long."),
        (
            "PEPPERS",
            {"1": SECRET},
            "(1 to 127) and secrets, but it is a dict with the entry of type str. W",
        ),
        (
            "PEPPERS",
            {300: SECRET},
            "ids (1 to 127) and secrets, but it is a dict with the entry 300.",
        ),
        (
            "PEPPERS",
            {1: SECRET, 2: "few letters"},
            "DRF_TOKEN_AUTH['PEPPERS'][2] must be a text of at least 32 characters, and valid UT",
        ),
        ("PEPPERS", {1: SECRET.encode()}, "['PEPPERS'][1] must be a text of at least 32 charact"),
        ("PEPPER", 2, "['PEPPER'] is 2, but DRF_TOKEN_AUTH['PEPPERS'] has no pepper 2."),
    ],
)
def test_the_wrong_entry_of_a_dict_is_named(name, value, message):
    id_, said, hint = problem({name: value})
    assert id_ == "E003"
    assert message in f"{said} {hint}"
    assert SECRET not in f"{said} {hint}"


@pytest.mark.parametrize(
    "settings",
    [
        {"PEPPERS": SECRET},
        {"PEPPERS": [SECRET]},
        {"PEPPERS": {SECRET: 1}},
        {"PEPPERS": {SECRET.encode(): SECRET}},
        {"PEPPERS": {0: SECRET}},
        {"PEPPERS": {1: [SECRET]}},
        {"PEPPER": SECRET},
        {"PEPPER": SECRET.encode()},
        {"PEPPER": 1, "PEPPERS": {2: SECRET}},
        {"SECRET": SECRET},
    ],
)
def test_no_message_shows_a_secret(settings):
    id_, said, hint = problem(settings)
    assert id_ == ("E002" if "SECRET" in settings else "E003")
    assert SECRET[:10] not in said + hint


ANY_VALUE = [object(), type, float("nan"), b"x", "", {}, [[]], {None: None}, "\ud800", 10**5000]
ALLOWED = {"SCOPES": {}, "PEPPERS": {}, "LOGIN_RATES": {}, "MAX_TOKENS_PER_USER": 10**5000}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("value", ANY_VALUE, ids=range(10))
def test_any_value_is_accepted_or_named(name, value):
    with override_settings(DRF_TOKEN_AUTH={name: value}):
        found = list(conf.problems())
        if name in ALLOWED and value == ALLOWED[name]:
            assert found == []
            conf.get_settings()  # It raises if the value is wrong.
        else:
            [problem] = found
            assert f"DRF_TOKEN_AUTH['{name}']" in problem.message
            assert len(problem.message + problem.hint) < 500


class Unreadable:
    def __repr__(self) -> str:
        raise RuntimeError


def test_a_value_whose_repr_fails_is_shown_by_its_type():
    assert "but it is of type Unreadable" in problem({"TTL": Unreadable()})[1]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        # misspelt
        *[("TTTL", "TTL"), ("IDLE_TIME_OUT", "IDLE_TIMEOUT"), ("max_ttl", "MAX_TTL")],
        *[("SCOPE", "SCOPES"), ("ttl", "TTL"), ("prefix", "PREFIX"), ("max-ttl", "MAX_TTL")],
        # django-rest-knox and durin
        *[("TOKEN_TTL", "TTL"), ("DEFAULT_TOKEN_TTL", "TTL"), ("AUTO_REFRESH", "IDLE_TIMEOUT")],
        *[("TOKEN_LIMIT_PER_USER", "MAX_TOKENS_PER_USER"), ("TOKEN_PREFIX", "PREFIX")],
        *[("AUTO_REFRESH_MAX_TTL", "TTL"), ("MIN_REFRESH_INTERVAL", "LAST_USED_INTERVAL")],
        # simplejwt
        *[("ACCESS_TOKEN_LIFETIME", "TTL"), ("REFRESH_TOKEN_LIFETIME", "TTL")],
        *[("SLIDING_TOKEN_LIFETIME", "IDLE_TIMEOUT"), ("CHECK_REVOKE_TOKEN", "PASSWORD_BOUND")],
        # DRF and snippets
        *[("expiry", "TTL"), ("TOKEN_EXPIRE", "TTL"), ("TOKEN_EXPIRED_AFTER_SECONDS", "TTL")],
        *[("TOKEN_LIFETIME", "TTL"), ("EXPIRING_TOKEN_LIFESPAN", "TTL"), ("MAX_AGE", "TTL")],
        *[("DEFAULT_THROTTLE_RATES", "LOGIN_RATES"), ("GRACE_PERIOD", "ROTATION_GRACE")],
        ("PERSONAL_TOKEN_LIFETIME", "PERSONAL_TTL"),
    ],
)
def test_names_of_other_packages_and_misspelt_names_lead_to_ours(wrong, right):
    id_, message, hint = problem({wrong: None})
    assert id_ == "E002"
    assert message == f"DRF_TOKEN_AUTH has no setting {wrong!r}."
    assert hint == f"Did you mean {right!r}?"


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ("TOKEN_MODEL", 'DRF_TOKEN_AUTH_TOKEN_MODEL = "accounts.ApiToken"'),
        ("AUTH_HEADER_PREFIX", 'keyword = "…"'),
        ("AUTH_HEADER_TYPES", "BearerTokenAuthentication"),
        ("EXPIRY_DATETIME_FORMAT", 'REST_FRAMEWORK = {"DATETIME_FORMAT": "…"}'),
    ],
)
def test_the_hint_shows_where_to_write_other_settings(wrong, line):
    assert line in problem({wrong: None})[2]


@pytest.mark.parametrize(
    "wrong", ["COLOUR", "SECURE_HASH_ALGORITHM", "TOKEN_CACHE_TIMEOUT", "USER_SERIALIZER", "X", 5]
)
def test_nothing_is_suggested_for_an_unknown_name(wrong):
    hint = problem({wrong: None})[2]
    assert "Did you mean" not in hint
    assert hint.startswith("Delete it. The settings are TTL, PERSONAL_TTL, ")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("DRF_TOKEN_AUTH_TTL", 'Write it into the dict: DRF_TOKEN_AUTH = {"TTL": …}.'),
        ("DRF_TOKEN_AUTH_TOKN_MODEL", "Did you mean 'DRF_TOKEN_AUTH_TOKEN_MODEL'?"),
        ("DRF_TOKEN_AUTH_MODEL", "Did you mean 'DRF_TOKEN_AUTH_TOKEN_MODEL'?"),
        ("DRF_TOKENAUTH", "Did you mean 'DRF_TOKEN_AUTH'?"),
        ("DRF_TOKEN_AUTHS", "Did you mean 'DRF_TOKEN_AUTH'?"),
        ("DRF_AUTH_TOKEN", "Did you mean 'DRF_TOKEN_AUTH'?"),
        ("DRF_TOKEN_AUTHENTICATION", "Did you mean 'DRF_TOKEN_AUTH'?"),
        ("DRF_TOKEN_AUTH", None),
        ("DRF_TOKEN_AUTH_TOKEN_MODEL", None),
        # the project's own settings
        ("DRF_TOKEN_AUTH_HEADER", None),
        ("DRF_TOKEN_AUTH_FRONTEND_URL", None),
        ("DRF_TOKEN_AUTH_URL", None),
        ("DRF_YASG", None),
        ("TOKEN_AUTH", None),
    ],
)
def test_a_flat_setting_is_an_error_if_it_is_nearly_one_of_ours(name, hint):
    assert hint_for_flat(name) == hint
