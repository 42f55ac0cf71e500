"""Find a token by its key. The key is only in the body of the POST, and in no answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from drf_token_auth import get_token_model
from tests.admin.pages import permit, url
from tests.rows import hide

pytestmark = pytest.mark.django_db


def find(client: Any, text: str) -> Any:
    return client.post(url("find"), {"key": text})


def test_the_list_links_to_the_page(client, staff):
    assert f'href="{url("find")}"' in client.get(url("changelist")).text


@pytest.mark.parametrize("text", ["{}", "Token {}", "Authorization: Bearer {}\n"])
def test_a_key_finds_its_token(client, staff, user, text, caplog):
    token = get_token_model().objects.create(user=user, name="phone")
    with caplog.at_level("DEBUG"):
        response = find(client, text.format(token.key))
    assert f"login token {token.hint}… “phone” of {user}" in response.text
    assert "(usable)" in response.text
    assert f'href="{url("delete", token.pk)}"' in response.text
    assert "no-store" in response.headers["Cache-Control"]
    assert token.key not in response.text + caplog.text
    assert not LogEntry.objects.exists()


def test_another_key_finds_nothing(client, staff):
    key = get_token_model().generate_key()
    response = find(client, key)
    assert "No token has this key" in response.text
    assert key not in response.text


def test_a_key_of_a_hidden_user_finds_its_token(client, staff, user, monkeypatch):
    """A manager of the user model hides deleted users. Their keys may have leaked too."""
    token = get_token_model().objects.create(user=user, name="phone")
    hide(user, monkeypatch)
    assert "phone" in find(client, token.key).text


@pytest.mark.parametrize("text", ["", " ", "\x00", "a" * 301])
def test_text_that_is_not_a_key_is_not_an_error(client, staff, text):
    assert find(client, text).status_code == 200


def test_a_key_in_the_url_is_not_looked_up(client, staff, user):
    token = get_token_model().objects.create(user=user, name="phone")
    response = client.get(url("find"), {"key": token.key})
    assert response.status_code == 200
    assert "phone" not in response.text


def test_finding_records_no_use(client, staff, user):
    token = get_token_model().objects.create(user=user)
    find(client, token.key)
    assert get_token_model().objects.get().last_used_at is None


def test_a_viewer_finds_a_token_and_cannot_revoke_it(client, user):
    token = get_token_model().objects.create(user=user)
    permit(user, "view")
    client.force_login(user)
    response = find(client, token.key)
    assert token.hint in response.text
    assert url("delete", token.pk) not in response.text


def test_without_permissions_no_token_is_found(client, user):
    token = get_token_model().objects.create(user=user)
    permit(user)
    client.force_login(user)
    assert find(client, token.key).status_code == 403
