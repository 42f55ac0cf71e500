from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.core.checks import run_checks
from django.test import Client

from drf_token_auth import get_token_model, operations

TOKENS = "/admin/drf_token_auth/token/"


def test_the_list_has_the_look_of_jazzmin(operator: Client) -> None:
    assert run_checks() == []
    page = operator.get(TOKENS).text
    assert "jazzmin/css/main.css" in page
    assert f'href="{TOKENS}find/"' in page


def pages(operator: Client, user: Any) -> list[str]:
    token = operations.issue(user, name="laptop")
    answer = {"user": user.pk, "kind": "personal", "name": "ci", "scopes": ""}
    answer |= {"expires_at_0": "2099-01-01", "expires_at_1": "00:00:00"}
    select = {"action": "delete_selected", "_selected_action": [token.pk]}
    return [
        operator.post(f"{TOKENS}add/", answer).text,
        operator.post(f"{TOKENS}find/", {"key": token.key}).text,
        operator.post(TOKENS, select).text,
    ]


def test_the_key_is_shown_once(operator: Client, user: Any) -> None:
    [key] = set(re.findall(r"dta_\w{36}", pages(operator, user)[0]))
    token = get_token_model().objects.get(name="ci")
    assert get_token_model().objects.from_key(key) == token
    for page in (
        "",
        "?q=ada",
        f"{token.pk}/change/",
        f"{token.pk}/history/",
        f"{token.pk}/delete/",
    ):
        response = operator.get(f"{TOKENS}{page}")
        assert response.status_code == 200
        assert key not in response.text


def test_our_own_pages_have_the_title_the_path_and_the_buttons_of_jazzmin(
    operator: Client, user: Any
) -> None:
    """Our pages use classes of Bootstrap. This file of jazzmin includes Bootstrap."""
    found = finders.find("vendor/adminlte/css/adminlte.min.css")
    assert found is not None
    sheet = Path(found).read_text("utf-8")
    titles = ["The new token", "Find a token by its key", "Revoke selected tokens"]
    for title, page in zip(titles, pages(operator, user), strict=True):
        assert re.findall(r"<h1[^>]*>([^<]+)</h1>", page) == [title]
        assert page.count('class="breadcrumb-item') == 4
        shown = page[page.index('<div id="content-main"') :]
        buttons = set(re.findall(r'class="[^"]*\b(btn-\w+)', shown.partition("<footer")[0]))
        assert buttons
        assert all(f".{name}{{" in sheet for name in buttons)


def test_an_operator_renames_and_revokes_tokens(operator: Client, user: Any) -> None:
    first, second = operations.issue(user, name="old"), operations.issue(user)
    assert operator.post(f"{TOKENS}{first.pk}/change/", {"name": "new"}).status_code == 302
    assert get_token_model().objects.get(pk=first.pk).name == "new"
    assert operator.post(f"{TOKENS}{first.pk}/delete/", {"post": "yes"}).status_code == 302
    action = {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"}
    assert operator.post(TOKENS, action).status_code == 302
    assert not get_token_model().objects.exists()
