"""Revoke tokens: a page names them, and only its form revokes them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from drf_token_auth.pages.views import DeviceRevokeView
from tests.lives import status_of

Token = get_token_model()
DEVICES, TOKENS = "/account/devices/", "/account/api-tokens/"


def names() -> set[str]:
    return set(Token.objects.values_list("name", flat=True))


def test_one_api_token_is_revoked(page: Client, user: Any) -> None:
    token = operations.issue(user, kind="personal", name="deploy")
    path = f"{TOKENS}{token.pk}/revoke/"
    assert "deploy" in page.get(path).content.decode()
    assert status_of(token) == 200
    response = page.post(path, follow=True)
    assert "1 API token is revoked." in response.content.decode()
    assert status_of(token) == 401


class TestTheSecondRequestOfADoubleClick:
    """Without the script, the browser sends both requests and shows the answer to the second."""

    @pytest.mark.parametrize("end", ["revoked", "expired"])
    @pytest.mark.parametrize(
        ("pages", "kind", "message"),
        [
            (TOKENS, "personal", "It may have been revoked, or may have expired."),
            (DEVICES, "login", "This device is no longer logged in."),
        ],
    )
    def test_it_says_that_the_token_is_no_longer_usable(
        self, page: Client, user: Any, pages: str, kind: str, message: str, end: str
    ) -> None:
        token = operations.issue(user, kind=kind, name="old")
        if end == "expired":
            Token.objects.update(expires_at=timezone.now())
        else:
            operations.revoke(token)
        response = page.post(f"{pages}{token.pk}/revoke/")
        text = response.content.decode()
        assert response.status_code == 404
        assert message in text
        assert f'href="{pages}"' in text

    @pytest.mark.parametrize("query", ["id=1", "others=1"])
    def test_it_says_that_several_devices_are_already_logged_out(
        self, page: Client, query: str
    ) -> None:
        response = page.post(f"{DEVICES}revoke/?{query}", follow=True)
        assert "Already logged out." in response.content.decode()

    def test_it_confirms_a_new_name_again(self, page: Client, personal: Any) -> None:
        path = f"{TOKENS}{personal.pk}/"
        for _click in (1, 2):
            response = page.post(path, {"name": "new"}, follow=True)
            assert "The new name is “new”." in response.content.decode()

    def test_it_creates_no_second_new_key(self, page: Client, personal: Any) -> None:
        path = f"{TOKENS}{personal.pk}/new-key/"
        first, second = (page.post(path, {"replaces": personal.hint}) for _click in (1, 2))
        assert "key" in first.context
        assert "already been replaced" in second.content.decode()
        # The browser did not show the new key. The form in the second answer creates another key.
        form = second.context["form"]
        assert "key" in page.post(path, {"replaces": form["replaces"].value()}).context


@pytest.mark.parametrize("path", ["", "revoke/", "new-key/"])
def test_a_page_of_a_token_that_is_gone_leads_back_to_the_list(
    page: Client, personal: Any, path: str
) -> None:
    operations.revoke(personal)
    response = page.get(f"{TOKENS}{personal.pk}/{path}")
    assert response.status_code == 404
    assert f'<a href="{TOKENS}">Back to the list</a>' in response.content.decode()


def test_several_devices_are_logged_out(page: Client, user: Any) -> None:
    first, second, _third = (
        operations.issue(user, name=name) for name in ("old phone", "tablet", "laptop")
    )
    path = f"{DEVICES}revoke/?id={first.pk}&id={second.pk}"
    response = page.get(path)
    assert "2 devices will be logged out" in response.content.decode()
    # The page also has a random CSRF token, which could contain a short name by chance.
    assert [row.label for row in response.context["rows"]] == ["tablet", "old phone"]
    assert "<strong>tablet</strong>" in response.content.decode()
    page.post(path)
    assert names() == {"laptop"}


def test_all_other_devices_are_logged_out(page: Client, user: Any) -> None:
    here, _there = operations.issue(user, name="here"), operations.issue(user, name="there")
    operations.issue(user, kind="personal", name="deploy")
    session = page.session
    session["_drf_token_auth_token"] = here.pk
    session.save()
    text = page.get(f"{DEVICES}revoke/?others=1").content.decode()
    assert "there" in text
    assert "<strong>here" not in text
    page.post(f"{DEVICES}revoke/?others=1")
    assert names() == {"here", "deploy"}
    assert page.get(DEVICES).status_code == 200


@pytest.mark.parametrize("query", ["", "?id=", "?id=x", "?id=%00", f"?id={'9' * 40}"])
def test_without_a_choice_nothing_is_revoked(page: Client, user: Any, query: str) -> None:
    operations.issue(user, name="here")
    assert "You have chosen nothing." in page.get(f"{DEVICES}revoke/{query}").content.decode()
    page.post(f"{DEVICES}revoke/{query}")
    assert names() == {"here"}


def test_without_another_device_there_is_no_form(page: Client, user: Any) -> None:
    here = operations.issue(user, name="here")
    session = page.session
    session["_drf_token_auth_token"] = here.pk
    session.save()
    text = page.get(f"{DEVICES}revoke/?others=1").content.decode()
    assert "No other device is logged in." in text
    assert "<form" not in text


def test_a_long_list_of_names_is_cut_and_everything_is_revoked(page: Client, user: Any) -> None:
    Token.objects.bulk_create(Token(user=user, name=f"n{number}") for number in range(103))
    text = page.get(f"{DEVICES}revoke/?others=1").content.decode()
    assert "and 3 more" in text
    page.post(f"{DEVICES}revoke/?others=1")
    assert not Token.objects.exists()


def test_the_tokens_of_others_stay(page: Client, other_user: Any) -> None:
    token = operations.issue(other_user, name="theirs")
    for path in (f"{DEVICES}{token.pk}/revoke/", f"{TOKENS}{token.pk}/revoke/"):
        assert page.get(path).status_code == page.post(path).status_code == 404
    page.post(f"{DEVICES}revoke/?id={token.pk}")
    page.post(f"{DEVICES}revoke/?others=1")
    assert names() == {"theirs"}


def test_only_the_first_ids_of_a_long_address_are_read(
    page: Client, user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DeviceRevokeView, "most_ids", 1)
    first, second = operations.issue(user, name="first"), operations.issue(user, name="second")
    page.post(f"{DEVICES}revoke/?id={first.pk}&id={second.pk}")
    assert names() == {"second"}
