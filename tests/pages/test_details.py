"""The page of one token: its details, and a new name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import models
from django.test import Client, override_settings
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from drf_token_auth.pages import converters
from drf_token_auth.pages.durations import in_words
from tests.pages.test_make import errors

Token = get_token_model()


def path_of(token: Any) -> str:
    return f"/account/{'devices' if token.kind == 'login' else 'api-tokens'}/{token.pk}/"


def text_of(page: Client, path: str) -> str:
    return page.get(path).content.decode()


@pytest.mark.parametrize("kind", ["login", "personal"])
def test_a_token_gets_a_new_name(page: Client, user: Any, kind: str) -> None:
    token = operations.issue(user, kind=kind, name="old")
    assert 'value="old"' in text_of(page, path_of(token))
    response = page.post(path_of(token), {"name": "  new\tname "}, follow=True)
    assert "The new name is “new name”." in response.content.decode()
    assert Token.objects.get().name == "new name"


@pytest.mark.parametrize(("kind", "button"), [("login", "Log out"), ("personal", "Revoke")])
def test_only_an_api_token_gets_a_new_key(page: Client, user: Any, kind: str, button: str) -> None:
    token = operations.issue(user, kind=kind)
    text = text_of(page, path_of(token))
    assert (f"{path_of(token)}new-key/" in text) == (kind == "personal")
    assert f">{button}<" in text


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\x00b"])
def test_a_wrong_name_is_an_error_at_the_field(page: Client, personal: Any, name: str) -> None:
    assert list(errors(page.post(path_of(personal), {"name": name}))) == ["name"]
    assert Token.objects.get().name == "backup"


def test_api_tokens_have_unique_names_and_devices_need_not(
    page: Client, user: Any, personal: Any
) -> None:
    other = operations.issue(user, kind="personal", name="other")
    phones = [operations.issue(user, name="phone") for _ in range(2)]
    assert "name" in errors(page.post(path_of(other), {"name": "Backup"}))
    assert page.post(path_of(personal), {"name": "backup"}).status_code == 302
    assert page.post(path_of(phones[0]), {"name": "phone"}).status_code == 302


def test_scopes_have_their_descriptions(page: Client, user: Any) -> None:
    scopes = {"read": "Read <i>your</i> notes"}
    with override_settings(DRF_TOKEN_AUTH={"SCOPES": scopes}):
        token = operations.issue(user, kind="personal", scopes=["read"])
        text = text_of(page, path_of(token))
    assert "Read &lt;i&gt;your&lt;/i&gt; notes <code>read</code>" in text
    assert "<code>read</code>" in text_of(page, path_of(token))


def test_the_page_says_when_a_token_expires(page: Client, user: Any) -> None:
    day = timedelta(days=1)
    never = operations.issue(user, kind="personal", ttl=None)
    idle = operations.issue(user, ttl=60 * day, idle_timeout=7 * day)
    endless = operations.issue(user, ttl=None, idle_timeout=7 * day)
    soon = operations.issue(user, ttl=2 * day)
    assert "does not expire" in text_of(page, path_of(never))
    text = text_of(page, path_of(idle))
    assert "if not used for 7 days" in text
    assert "at the latest on" in text
    assert "at the latest on" not in text_of(page, path_of(endless))
    listed = {row.pk: row for row in page.get("/account/devices/").context["rows"]}
    assert [listed[str(one.pk)].expires_soon for one in (idle, endless, soon)] == [
        False,
        False,
        True,
    ]


def test_last_use_is_as_exact_as_its_interval(page: Client, personal: Any) -> None:
    now = timezone.now()
    assert "not used yet" in text_of(page, path_of(personal))
    Token.objects.update(last_used_at=now - timedelta(minutes=9))
    assert "just now" in text_of(page, path_of(personal))
    Token.objects.update(last_used_at=now - timedelta(minutes=11))
    assert "11\xa0minutes ago" in text_of(page, path_of(personal))


def test_a_token_without_a_name_has_a_label(page: Client, user: Any) -> None:
    assert "Unnamed device" in text_of(page, path_of(operations.issue(user)))
    assert "Unnamed token" in text_of(page, path_of(operations.issue(user, kind="personal")))


class TestIds:
    @pytest.mark.parametrize(
        ("field", "text", "value"),
        [
            (models.BigAutoField(primary_key=True), "7", 7),
            (models.UUIDField(), "6f2b5c1e-5a0c-4b8e-9d55-0d5b1b1f4d11", None),
            (models.CharField(max_length=20), "a-b.c", "a-b.c"),
            (models.CharField(max_length=20), "a_2Fb_5Fc", "a/b_c"),
            (models.CharField(max_length=20), "_new", "new"),
            (models.CharField(max_length=20), "_revoke", "revoke"),
        ],
    )
    def test_any_primary_key_has_one_url(
        self, monkeypatch: Any, field: Any, text: str, value: Any
    ) -> None:
        monkeypatch.setattr(Token._meta, "pk", field)
        converter = converters.TokenIdConverter()
        found = converter.to_python(text)
        assert found == (value or UUID(text))
        assert converter.to_url(found) == text

    @pytest.mark.parametrize("text", ["07", "+7", "7 ", "x", "6F2B5C1E5A0C4B8E9D550D5B1B1F4D11"])
    @pytest.mark.parametrize("field", [models.BigAutoField(primary_key=True), models.UUIDField()])
    def test_another_spelling_of_an_id_is_refused(
        self, monkeypatch: Any, field: Any, text: str
    ) -> None:
        monkeypatch.setattr(Token._meta, "pk", field)
        with pytest.raises(ValueError, match=text.replace("+", r"\+")):
            converters.parse_id(text)

    @pytest.mark.parametrize("text", ["a_b", "a_5fb", "new", "revoke", "a\x00b"])
    def test_a_text_that_is_not_quoted_is_no_id(self, monkeypatch: Any, text: str) -> None:
        monkeypatch.setattr(Token._meta, "pk", models.CharField(max_length=20))
        with pytest.raises(ValueError, match=text):
            converters.TokenIdConverter().to_python(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (31_536_000, "1 year"),
        (63_072_000, "2 years"),
        (86_400, "1 day"),
        (7_776_000, "90 days"),
        (43_200, "12 hours"),
        (60, "1 minute"),
        (90, "90 seconds"),
        (1, "1 second"),
    ],
)
def test_durations_are_shown_in_words(seconds: int, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words


def test_a_fraction_of_a_second_is_left_out() -> None:
    assert in_words(timedelta(minutes=2, microseconds=5)) == "2 minutes"
