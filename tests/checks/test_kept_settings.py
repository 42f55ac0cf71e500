"""Settings kept from a tutorial or another package, or written outside DRF_TOKEN_AUTH."""

from __future__ import annotations

import sys
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from drf_token_auth.checks.kept_settings import KEPT, check_kept_settings

HOUR = timedelta(hours=1)
TTL = '"TTL": timedelta(seconds=3600)'


@pytest.fixture(autouse=True)
def without_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in filter(None, KEPT.values()):
        monkeypatch.delitem(sys.modules, package, raising=False)


def found(**values: Any) -> list[Any]:
    with override_settings(**values):
        return check_kept_settings()


@pytest.mark.parametrize(
    ("name", "value", "entries"),
    [
        ("TOKEN_EXPIRED_AFTER_SECONDS", 3600, TTL),
        ("EXPIRING_TOKEN_LIFESPAN", HOUR, TTL),
        ("TOKEN_TTL", HOUR, TTL),
        ("TOKEN_TTL", "soon", '"TTL": timedelta(days=14)'),
        ("TOKEN_LIMIT_PER_USER", 3, '"MAX_TOKENS_PER_USER": 3'),
        ("MAX_TOKENS_PER_USER", 3, '"MAX_TOKENS_PER_USER": 3'),
        ("IDLE_TIMEOUT", HOUR, '"IDLE_TIMEOUT": timedelta(seconds=3600)'),
        (
            "REST_KNOX",
            {"TOKEN_TTL": HOUR, "TOKEN_LIMIT_PER_USER": None},
            f'{TTL}, "MAX_TOKENS_PER_USER": None',
        ),
        ("REST_DURIN", {"DEFAULT_TOKEN_TTL": HOUR}, TTL),
        (
            "SIMPLE_JWT",
            {"ACCESS_TOKEN_LIFETIME": HOUR, "SECRET": "of the project", 1: None},
            TTL,
        ),
        ("SIMPLE_JWT", {"SIGNING_KEY": "of the project"}, '"TTL": timedelta(days=14)'),
        ("JWT_AUTH", None, '"TTL": timedelta(days=14)'),
    ],
)
def test_the_hint_has_our_names(name: str, value: Any, entries: str) -> None:
    [message] = found(**{name: value})
    assert message.id == "drf_token_auth.W016"
    assert message.msg.startswith(f"drf_token_auth does not read {name}, so")
    assert message.hint == f"Write DRF_TOKEN_AUTH = {{{entries}}}, and delete {name}."


def test_our_names_inside_the_dict_of_drf_are_found() -> None:
    [message] = found(REST_FRAMEWORK={**settings.REST_FRAMEWORK, "TTL": HOUR})
    assert message.hint == f'Write DRF_TOKEN_AUTH = {{{TTL}}}, and delete REST_FRAMEWORK["TTL"].'


def test_our_dict_inside_the_dict_of_drf_is_found() -> None:
    drfs = {**settings.REST_FRAMEWORK, "DRF_TOKEN_AUTH": {"TTL": None}}
    [message] = found(REST_FRAMEWORK=drfs)
    assert message.hint.startswith('Write DRF_TOKEN_AUTH = {"TTL": None}, and delete REST_FRAMEW')


def test_a_package_that_the_project_uses_keeps_its_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "knox", ModuleType("knox"))
    assert found(REST_KNOX={"TOKEN_TTL": HOUR}) == []


def test_names_of_one_word_belong_to_the_project() -> None:
    assert found(TTL=HOUR, PREFIX="x", SCOPES={}) == []


def test_the_warning_names_the_place_where_the_setting_stands() -> None:
    with override_settings(DRF_TOKEN_AUTH={}, REST_FRAMEWORK={"DRF_TOKEN_AUTH": {"TTL": None}}):
        [message] = check_kept_settings()
    assert 'does not read REST_FRAMEWORK["DRF_TOKEN_AUTH"], so' in message.msg
    assert message.hint == (
        'Write DRF_TOKEN_AUTH = {"TTL": None}, and delete REST_FRAMEWORK["DRF_TOKEN_AUTH"].'
    )


def test_a_setting_of_ours_that_is_a_dict_is_written_whole() -> None:
    with override_settings(LOGIN_RATES={"address": "5/min"}):
        [message] = check_kept_settings()
    assert message.hint == (
        "Write DRF_TOKEN_AUTH = {\"LOGIN_RATES\": {'address': '5/min'}}, and delete LOGIN_RATES."
    )


def test_the_warning_shows_no_pepper() -> None:
    with override_settings(PEPPERS={1: "secret"}, REST_FRAMEWORK={"PEPPERS": {1: "secret"}}):
        messages = check_kept_settings()
    assert messages
    assert all("secret" not in str(message) for message in messages)
