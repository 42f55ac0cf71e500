from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.core.checks import run_checks
from django.test import Client
from unfold.admin import ModelAdmin

from drf_token_auth import get_token_model, operations
from drf_token_auth.admin import TokenAdminMixin

TOKENS = "/admin/drf_token_auth/token/"


@pytest.fixture
def client(user: Any) -> Client:
    user.is_staff = user.is_superuser = True
    user.save()
    client = Client()
    client.force_login(user)
    return client


def test_it_is_unfolds(client: Client) -> None:
    registered = admin.site._registry[get_token_model()]
    assert isinstance(registered, TokenAdminMixin)
    assert isinstance(registered, ModelAdmin)
    assert run_checks() == []
    # unfold's own class of a text field
    assert re.search(r'<input[^>]*name="name"[^>]*rounded', client.get(f"{TOKENS}add/").text)


def test_adding_one_shows_its_key_once(client: Client, user: Any) -> None:
    answer = {"user": user.pk, "kind": "personal", "name": "ci", "scopes": ""}
    answer |= {"expires_at_0": "2199-01-01", "expires_at_1": "00:00:00"}
    response = client.post(f"{TOKENS}add/", answer)
    assert response.status_code == 200, response.content
    assert "no-store" in response.headers["Cache-Control"]
    [key] = set(re.findall(r"dta_\w{36}", response.text))
    token = get_token_model().objects.get()
    assert get_token_model().objects.from_key(key) == token
    for page in (TOKENS, f"{TOKENS}{token.pk}/change/", f"{TOKENS}{token.pk}/history/"):
        response = client.get(page)
        assert response.status_code == 200
        assert key not in response.text


def test_renaming(client: Client, user: Any) -> None:
    token = operations.issue(user, name="old")
    response = client.post(f"{TOKENS}{token.pk}/change/", {"name": "new"})
    assert response.status_code == 302
    assert get_token_model().objects.get().name == "new"


def test_revoking(client: Client, user: Any) -> None:
    first, second = operations.issue(user), operations.issue(user)
    page = client.post(f"{TOKENS}{first.pk}/delete/", {"post": "yes"})
    assert page.status_code == 302
    action = {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"}
    assert client.post(TOKENS, action).status_code == 302
    assert not get_token_model().objects.exists()


def test_searching(client: Client, user: Any) -> None:
    operations.issue(user, name="laptop")
    assert "laptop" in client.get(TOKENS, {"q": "ada"}).text
