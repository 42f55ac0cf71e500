"""The pages of a project in which each user has one API key."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, override_settings

from drf_token_auth import get_token_model, operations
from tests.conftest import PASSWORD
from tests.lives import status_of
from tests.pages.test_make import errors, key_in
from tests.pages.test_step_up import asks_password, stale_page

Token = get_token_model()
KEY = "/account/api-key/"


@pytest.fixture(autouse=True)
def _one_key(_pages: None, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.pages.one_key_urls"


def hint() -> str:
    token = Token.objects.filter(kind="personal").first()
    return "" if token is None else token.hint


def make(page: Client, **data: Any) -> Any:
    return page.post(f"{KEY}new/", {"replaces": hint(), **data})


def test_a_key_can_be_made_used_replaced_and_deleted(page: Client) -> None:
    for path in (KEY, f"{KEY}revoke/"):
        assert "You have no API key." in page.get(path).content.decode()
    first = key_in(make(page))
    assert status_of(first) == 200
    text = page.get(KEY).content.decode()
    assert hint() in text
    assert "Last used" in text
    assert "stops working at once" in page.get(f"{KEY}new/").content.decode()
    second = key_in(make(page))
    assert status_of(first) == 401
    assert status_of(second) == 200
    assert "API key" in page.get(f"{KEY}revoke/").content.decode()
    response = page.post(f"{KEY}revoke/", follow=True)
    assert "The API key is deleted." in response.content.decode()
    assert status_of(second) == 401


def test_a_reload_makes_no_second_key(page: Client) -> None:
    key = key_in(make(page))
    assert "has already been replaced" in page.post(f"{KEY}new/", {}).content.decode()
    assert status_of(key) == 200


def test_other_tokens_stay(page: Client, user: Any, other_user: Any) -> None:
    others = {
        operations.issue(user, name="API key"),
        operations.issue(user, kind="personal", name="CI"),
        operations.issue(other_user, kind="personal", name="API key"),
    }
    page.post(f"{KEY}new/", {})
    page.post(f"{KEY}new/", {})
    page.post(f"{KEY}revoke/")
    assert set(Token.objects.all()) == others


def test_a_user_with_a_stale_login_is_asked_for_the_password(user: Any) -> None:
    page = stale_page(user)
    assert asks_password(page.get(f"{KEY}new/"))
    assert "password" in errors(make(page))
    assert status_of(key_in(make(page, password=PASSWORD))) == 200


def test_the_form_shows_an_error_at_the_limit(page: Client, user: Any) -> None:
    operations.issue(user, kind="personal", name="CI")
    with override_settings(DRF_TOKEN_AUTH={"MAX_TOKENS_PER_USER": 1, "WHEN_FULL": "reject"}):
        assert "__all__" in errors(make(page))


def test_the_pages_of_devices_work_too(page: Client, user: Any) -> None:
    token = operations.issue(user, name="phone")
    for path in ("", f"{token.pk}/", f"{token.pk}/revoke/", "revoke/?others=1"):
        text = page.get(f"/account/devices/{path}").content.decode()
        assert "phone" in text
        assert f'href="{KEY}"' in text
