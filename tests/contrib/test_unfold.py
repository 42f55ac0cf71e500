from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.staticfiles import finders
from django.core.checks import run_checks
from django.test import Client
from unfold.admin import ModelAdmin

from drf_token_auth import get_token_model, operations
from drf_token_auth.admin import TokenAdminMixin

TOKENS = "/admin/drf_token_auth/token/"


def test_the_form_has_the_look_of_unfold(operator: Client) -> None:
    registered = admin.site._registry[get_token_model()]
    assert isinstance(registered, TokenAdminMixin)
    assert isinstance(registered, ModelAdmin)
    assert run_checks() == []
    # unfold gives this class to text fields.
    assert re.search(r'<input[^>]*name="name"[^>]*rounded', operator.get(f"{TOKENS}add/").text)


def add(operator: Client, user: Any) -> Any:
    answer = {"user": user.pk, "kind": "personal", "name": "ci", "scopes": ""}
    answer |= {"expires_at_0": "2099-01-01", "expires_at_1": "00:00:00"}
    return operator.post(f"{TOKENS}add/", answer)


def test_a_new_token_shows_its_key_once(operator: Client, user: Any) -> None:
    response = add(operator, user)
    assert response.status_code == 200, response.content
    assert "no-store" in response.headers["Cache-Control"]
    [key] = set(re.findall(r"dta_\w{36}", response.text))
    token = get_token_model().objects.get()
    assert get_token_model().objects.from_key(key) == token
    for page in (TOKENS, f"{TOKENS}{token.pk}/change/", f"{TOKENS}{token.pk}/history/"):
        response = operator.get(page)
        assert response.status_code == 200
        assert key not in response.text


def test_the_page_with_the_key_is_styled(operator: Client, user: Any) -> None:
    """unfold's file has all classes of our page, except some of Django, Bootstrap and our own."""
    page = add(operator, user).text
    shown = page[page.index('<div id="content-main"') :].partition("</div>")[0]
    assert "<h1 " in shown
    assert re.search(r'<a [^>]*class="[^"]*bg-primary-600', shown)
    used = {name for names in re.findall(r'class="([^"]+)"', shown) for name in names.split()}
    found = finders.find("unfold/css/styles.css")
    assert found is not None
    sheet = Path(found).read_text("utf-8").replace("\\", "")
    unknown = {name for name in used if not re.search(rf"\.{re.escape(name)}[{{,:>]", sheet)}
    bootstrap = {"btn", "btn-primary", "btn-secondary"}
    assert unknown == {"button", "default", "dta-page"} | bootstrap


@pytest.mark.parametrize("page", ["find", "revoke"])
def test_our_other_pages_have_the_buttons_of_unfold(operator: Client, user: Any, page: str) -> None:
    token = operations.issue(user)
    if page == "find":
        text = operator.post(f"{TOKENS}find/", {"key": token.key}).text
    else:
        action = {"action": "delete_selected", "_selected_action": [token.pk]}
        text = operator.post(TOKENS, action).text
    shown = text[text.index('<div id="content-main"') :]
    assert re.search(r'class="[^"]*bg-red-600 text-white', shown)


def test_an_operator_renames_a_token(operator: Client, user: Any) -> None:
    token = operations.issue(user, name="old")
    response = operator.post(f"{TOKENS}{token.pk}/change/", {"name": "new"})
    assert response.status_code == 302
    assert get_token_model().objects.get().name == "new"


def test_an_operator_revokes_tokens(operator: Client, user: Any) -> None:
    first, second = operations.issue(user), operations.issue(user)
    page = operator.post(f"{TOKENS}{first.pk}/delete/", {"post": "yes"})
    assert page.status_code == 302
    action = {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"}
    assert operator.post(TOKENS, action).status_code == 302
    assert not get_token_model().objects.exists()


def test_an_operator_finds_a_token_by_its_user(operator: Client, user: Any) -> None:
    operations.issue(user, name="laptop")
    assert "laptop" in operator.get(TOKENS, {"q": "ada"}).text
