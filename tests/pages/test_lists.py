"""The lists: their rows, their order, their pages and their queries."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.views import LoginView
from django.test import Client, override_settings
from django.urls import include, path
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from tests.queries import queries

Token = get_token_model()
DEVICES, TOKENS = "/account/devices/", "/account/api-tokens/"
EMPTY = {
    "login": "No device is logged in. Apps that log in to your account will appear here.",
    "personal": (
        "You have no API tokens. Make one for a script or a program that should use this site for "
        "you."
    ),
}
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
def test_a_list_of_any_length_needs_at_most_five_queries(
    page: Client, user: Any, path: str, kind: str, count: int
) -> None:
    crowd(user, kind, count)
    past = timezone.now() - timedelta(days=1)
    Token.objects.bulk_create(
        Token(user=user, kind=kind, name=f"old{number}", expires_at=past) for number in range(15)
    )
    page.get(path)
    for query in ("", "?q=n", "?page=2&sort=name"):
        with queries() as asked:
            response = page.get(f"{path}{query}")
        assert len(asked) <= 5, asked
        assert all(sql.startswith("SELECT") for sql in asked)
        assert len(response.context["rows"]) == min(count, 25)


@lists
def test_a_row_links_to_the_pages_of_its_token(
    page: Client, user: Any, path: str, kind: str
) -> None:
    token = Token.objects.create(user=user, kind=kind)
    [row] = page.get(path).context["rows"]
    assert row.url == f"{path}{token.pk}/"
    assert row.revoke_url == f"{path}{token.pk}/revoke/"


@lists
def test_a_list_has_only_the_users_usable_tokens_of_its_kind(
    page: Client, user: Any, other_user: Any, path: str, kind: str
) -> None:
    past = timezone.now() - timedelta(seconds=1)
    other_kind = "login" if kind == "personal" else "personal"
    Token.objects.create(user=user, kind=kind, name="mine")
    Token.objects.create(user=user, kind=kind, name="expired", expires_at=past)
    Token.objects.create(user=user, kind=other_kind, name="other kind")
    Token.objects.create(user=other_user, kind=kind, name="theirs")
    assert labels(page.get(path)) == ["mine"]


def test_the_last_used_token_comes_first_as_the_heading_shows(page: Client, user: Any) -> None:
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
def test_a_list_has_pages_of_25(page: Client, user: Any, number: str, shown: int) -> None:
    crowd(user, "personal", 26)
    response = page.get(TOKENS, {"page": number})
    assert response.context["page_obj"].number == shown
    assert f"Page {shown} of 2" in response.content.decode()


class TestSearch:
    @pytest.fixture
    def many(self, user: Any) -> None:
        crowd(user, "personal", 40)
        operations.issue(user, kind="personal", name="Ünusual 100%")

    def test_only_a_long_list_has_a_search_box(self, page: Client, user: Any, many: None) -> None:
        crowd(user, "login", 25)
        assert 'type="search"' in page.get(TOKENS).content.decode()
        assert 'type="search"' not in page.get(DEVICES).content.decode()

    def test_a_search_finds_a_part_of_a_name_or_the_start_of_the_key(
        self, page: Client, user: Any, many: None
    ) -> None:
        token = Token.objects.get(name__startswith="Ünusual")
        for words in ("Ünusual", "usu", "100%", f"  {token.hint} "):
            assert "Ünusual 100%" in labels(page.get(TOKENS, {"q": words}))
        assert len(labels(page.get(TOKENS, {"q": "%"}))) == 1
        response = page.get(TOKENS, {"q": "no such name"})
        assert labels(response) == []
        assert "No name contains these words." in response.content.decode()

    def test_the_next_page_and_another_order_keep_the_words(self, page: Client, many: None) -> None:
        text = page.get(TOKENS, {"q": "n", "sort": "name"}).content.decode()
        assert 'href="?sort=name&amp;q=n&amp;page=2"' in text
        assert 'href="?sort=created&amp;q=n"' in text
        response = page.get(f"{TOKENS}?sort=name&q=n&page=2")
        assert response.context["page_obj"].number == 2

    def test_the_limit_counts_every_token(self, page: Client, many: None) -> None:
        with override_settings(DRF_TOKEN_AUTH={"MAX_TOKENS_PER_USER": 50}):
            text = page.get(TOKENS, {"q": "Ünusual"}).content.decode()
        assert "You have 41 of 50 API tokens." in text

    @pytest.mark.parametrize(
        "words", ["\x00", "a\x00b", "x" * 10_000, "'\"<>&%_\\", "\ud7ff🙂", " "]
    )
    def test_any_words_get_an_answer(self, page: Client, many: None, words: str) -> None:
        response = page.get(TOKENS, {"q": words, "page": "9" * 50})
        assert response.status_code == 200
        assert len(response.content) < 60_000

    def test_a_key_is_not_searched_for_and_is_on_no_page(self, page: Client, user: Any) -> None:
        key = operations.issue(user, kind="personal", name="deploy").key
        for words in (key, f"Token {key}"):
            response = page.get(TOKENS, {"q": words}, follow=True)
            assert response.redirect_chain == [(TOKENS, 302)]
            assert key not in response.content.decode()
            assert "That was a key." in response.content.decode()


class TestExpired:
    @lists
    def test_expired_tokens_are_in_a_section_of_their_own(
        self, page: Client, user: Any, other_user: Any, path: str, kind: str
    ) -> None:
        past = timezone.now() - timedelta(hours=1)
        token = Token.objects.create(user=user, kind=kind, name="nightly", expires_at=past)
        other_kind = "login" if kind == "personal" else "personal"
        Token.objects.create(user=user, kind=other_kind, name="other kind", expires_at=past)
        Token.objects.create(user=other_user, kind=kind, name="theirs", expires_at=past)
        response = page.get(path)
        assert labels(response) == []
        text = response.content.decode()
        assert '<details class="dta-expired">' in text
        [shown] = re.findall(r"<details.*?</details>", text, re.DOTALL)
        assert "nightly" in shown
        assert f"{token.hint}…" in shown
        assert "<a " not in shown
        assert "other kind" not in text
        assert "theirs" not in text

    def test_without_expired_tokens_there_is_no_section(self, page: Client, personal: Any) -> None:
        text = page.get(TOKENS).content.decode()
        assert personal.name in text
        assert "<details" not in text

    def test_only_the_last_expired_tokens_are_shown(self, page: Client, user: Any) -> None:
        now = timezone.now()
        Token.objects.bulk_create(
            Token(user=user, kind="personal", name=f"n{days}", expires_at=now - timedelta(days))
            for days in range(1, 14)
        )
        shown = [row.label for row in page.get(TOKENS).context["expired"]]
        assert shown == [f"n{days}" for days in range(1, 11)]


def test_a_device_of_this_session_on_another_page_is_known(page: Client, user: Any) -> None:
    token = operations.issue(user, name="here")
    crowd(user, "login", 30)
    Token.objects.exclude(pk=token.pk).update(last_used_at=timezone.now())
    session = page.session
    session["_drf_token_auth_token"] = str(token.pk)
    session.save()
    response = page.get(DEVICES)
    assert "here" not in labels(response)
    assert "Log out all other devices" in response.content.decode()


@lists
def test_an_empty_list_says_what_it_is_for(page: Client, path: str, kind: str) -> None:
    text = page.get(path).content.decode()
    [said] = re.findall(r'<div class="dta-empty"><p>([^<]+)</p>', text)
    assert said == EMPTY[kind]
    assert "<table" not in text


def test_each_list_counts_the_other(page: Client, user: Any) -> None:
    crowd(user, "personal", 2)
    crowd(user, "login", 1)
    assert "You also have 2 API tokens." in page.get(DEVICES).content.decode()
    assert "You are also logged in on 1 device." in page.get(TOKENS).content.decode()


def test_the_last_use_is_shown_only_if_uses_are_recorded(
    page: Client, user: Any, personal: Any
) -> None:
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


@pytest.mark.parametrize("path", ["/account/devices/", "/account/api-tokens/"])
def test_a_token_model_may_have_an_order_of_its_own(
    page: Client, user: Any, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(get_token_model()._meta, "ordering", ["-created_at"])
    for kind in ("login", "personal"):
        get_token_model().objects.create(user=user, kind=kind, name="backup")
    assert "backup" in page.get(path).text


@pytest.mark.parametrize("urls", ["tests.pages.urls", "tests.pages.one_key_urls"])
def test_the_root_leads_to_the_devices(page: Client, settings: Any, urls: str) -> None:
    settings.ROOT_URLCONF = urls
    response = page.get("/account/")
    assert (response.status_code, response.headers["Location"]) == (302, DEVICES)


def test_the_path_to_the_pages_may_have_an_argument(page: Client, user: Any) -> None:
    login = path("accounts/login/", LoginView.as_view(), name="login")
    token = operations.issue(user)
    place = "/acme/account/devices/"
    with override_settings(
        ROOT_URLCONF=(path("<slug:tenant>/account/", include("drf_token_auth.pages.urls")), login)
    ):
        text = page.get(place).text
        assert f'href="{place}{token.pk}/"' in text
        assert 'href="/acme/account/api-tokens/"' in text
        answer = page.post(f"{place}{token.pk}/revoke/")
        assert (answer.status_code, answer.headers["Location"]) == (302, place)
