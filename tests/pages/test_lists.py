"""The lists: their rows, their order, their pages and their queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from tests.queries import queries

Token = get_token_model()
DEVICES, TOKENS = "/account/devices/", "/account/api-tokens/"
lists = pytest.mark.parametrize(("path", "kind"), [(DEVICES, "login"), (TOKENS, "personal")])


def labels(response: Any) -> list[str]:
    assert response.status_code == 200
    return [row.label for row in response.context["rows"]]


def crowd(user: Any, kind: str, count: int) -> None:
    Token.objects.bulk_create(
        Token(user=user, kind=kind, name=f"n{number}") for number in range(count)
    )


@lists
@pytest.mark.parametrize("count", [0, 1, 25, 1000])
def test_five_queries_however_long_the_list(
    page: Client, user: Any, path: str, kind: str, count: int
) -> None:
    crowd(user, kind, count)
    page.get(path)
    with queries() as asked:
        response = page.get(path)
    assert len(asked) <= 5, asked
    assert all(sql.startswith("SELECT") for sql in asked)
    assert len(response.context["rows"]) == min(count, 25)


@lists
def test_only_what_is_the_users_own_usable_and_of_the_kind(
    page: Client, user: Any, other_user: Any, path: str, kind: str
) -> None:
    past = timezone.now() - timedelta(seconds=1)
    other_kind = "login" if kind == "personal" else "personal"
    Token.objects.create(user=user, kind=kind, name="mine")
    Token.objects.create(user=user, kind=kind, name="expired", expires_at=past)
    Token.objects.create(user=user, kind=other_kind, name="other kind")
    Token.objects.create(user=other_user, kind=kind, name="theirs")
    assert labels(page.get(path)) == ["mine"]


def test_the_last_used_comes_first_and_the_head_says_so(page: Client, user: Any) -> None:
    now = timezone.now()
    for name, hours in [("b", 3), ("a", 1), ("c", 2)]:
        token = operations.issue(user, name=name)
        used = {
            "last_used_at": now - timedelta(hours=hours),
            "expires_at": now + timedelta(1, hours),
        }
        Token.objects.filter(pk=token.pk).update(**used)
    assert labels(page.get(DEVICES)) == ["a", "c", "b"]
    assert labels(page.get(f"{DEVICES}?sort=name")) == ["a", "b", "c"]
    assert labels(page.get(f"{DEVICES}?sort=created")) == ["c", "a", "b"]
    response = page.get(f"{DEVICES}?sort=expires")
    assert labels(response) == ["a", "c", "b"]
    assert response.content.decode().count('aria-sort="ascending"') == 1
    assert labels(page.get(f"{DEVICES}?sort=digest")) == ["a", "c", "b"]


@pytest.mark.parametrize(
    ("number", "shown"), [("", 1), ("2", 2), ("99", 2), ("-1", 2), ("x", 1), ("9" * 5000, 1)]
)
def test_pages(page: Client, user: Any, number: str, shown: int) -> None:
    crowd(user, "personal", 26)
    response = page.get(TOKENS, {"page": number})
    assert response.context["page_obj"].number == shown
    assert f"Page {shown} of 2" in response.content.decode()


@lists
def test_an_empty_list_says_what_it_is_for(page: Client, path: str, kind: str) -> None:
    text = page.get(path).content.decode()
    assert "dta-empty" in text
    assert "<table" not in text


def test_each_list_counts_the_other(page: Client, user: Any) -> None:
    crowd(user, "personal", 2)
    crowd(user, "login", 1)
    assert "You also have 2 API tokens." in page.get(DEVICES).content.decode()
    assert "You are also logged in on 1 device." in page.get(TOKENS).content.decode()


def test_never_used_is_not_a_guess(page: Client, user: Any, personal: Any) -> None:
    assert "Last used" in page.get(TOKENS).content.decode()
    with override_settings(DRF_TOKEN_AUTH={"LAST_USED_INTERVAL": None}):
        for path in (TOKENS, f"{TOKENS}?sort=used", f"{TOKENS}{personal.pk}/"):
            text = page.get(path).content.decode()
            assert "Last used" not in text
            assert "not used yet" not in text


def test_the_device_of_this_session_is_marked(page: Client, user: Any) -> None:
    token, _other = operations.issue(user, name="here"), operations.issue(user, name="there")
    session = page.session
    session["_drf_token_auth_token"] = token.pk
    session.save()
    marks = {row.label: row.is_current for row in page.get(DEVICES).context["rows"]}
    assert marks == {"here": True, "there": False}
    assert "Log out all other devices" in page.get(DEVICES).content.decode()


def test_a_name_is_text_and_no_markup(page: Client, user: Any) -> None:
    operations.issue(user, name="<b>x</b>")
    assert "&lt;b&gt;x&lt;/b&gt;" in page.get(DEVICES).content.decode()
    assert "<b>x" not in page.get(DEVICES).content.decode()
