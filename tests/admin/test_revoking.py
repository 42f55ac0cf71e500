"""Revoke tokens in the admin: the confirmation, the limit per request, and the log entries."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.messages import get_messages
from django.db.models.signals import post_save

from drf_token_auth import get_token_model
from tests.admin.pages import add, permit, url

pytestmark = pytest.mark.django_db


def select(client: Any, tokens: Any, **more: Any) -> Any:
    data = {"action": "delete_selected", "_selected_action": [token.pk for token in tokens]}
    return client.post(url("changelist"), data | more)


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_the_confirmation_names_the_tokens_to_revoke(client, staff, user):
    token = get_token_model().objects.create(user=user, name="phone")
    page = select(client, [token]).text
    content = page[page.index('<div id="content-main"') :].partition("<form")[0]
    assert f"login token {token.hint}… “phone” of {user} (usable)" in page
    assert "cannot be undone" in page
    assert "delete" not in content.lower()


def test_the_message_says_how_many_tokens_were_revoked(client, staff, user, other_user):
    tokens = [get_token_model().objects.create(user=one) for one in (user, user, other_user)]
    assert said(select(client, tokens, post="yes")) == ["3 tokens were revoked."]
    assert not get_token_model().objects.exists()


def test_more_tokens_than_the_limit_are_refused(client, staff, user, monkeypatch):
    monkeypatch.setattr(type(admin.site._registry[get_token_model()]), "max_selected", 2)
    tokens = [get_token_model().objects.create(user=user) for _ in range(3)]
    for more in ({}, {"post": "yes"}):
        assert "manage.py revoke_tokens" in said(select(client, tokens, **more))[-1]
    assert get_token_model().objects.count() == 3
    assert said(select(client, tokens[:2], post="yes"))[-1] == "2 tokens were revoked."


def test_at_most_1000_tokens_can_be_revoked_at_once():
    assert admin.site._registry[get_token_model()].max_selected == 1000


def test_a_viewer_cannot_revoke(client, user):
    permit(user, "view")
    client.force_login(user)
    token = get_token_model().objects.create(user=user)
    select(client, [token], post="yes")
    assert get_token_model().objects.exists()


def test_each_entry_of_the_log_names_the_token_and_its_user(client, staff, user):
    add(client, user, name="ci")
    token = get_token_model().objects.get()
    client.post(url("change", token.pk), {"name": "nightly"})
    client.post(url("delete", token.pk), {"post": "yes"})
    assert [entry.object_repr for entry in LogEntry.objects.order_by("pk")] == [
        f"personal token {token.hint}… “{name}” of {user}" for name in ("ci", "nightly", "nightly")
    ]


def test_the_entry_of_one_token_is_saved_as_django_saves_it(client, staff, user):
    """Projects that send log entries elsewhere listen to ``post_save``."""
    saved = []

    def listen(instance: LogEntry, **kwargs: Any) -> None:
        saved.append(instance.action_flag)

    post_save.connect(listen, sender=LogEntry)
    try:
        add(client, user)
    finally:
        post_save.disconnect(listen, sender=LogEntry)
    assert saved == [ADDITION]


def test_the_log_names_each_selected_token(client, staff, user, other_user):
    tokens = [get_token_model().objects.create(user=one) for one in (user, other_user)]
    select(client, tokens, post="yes")
    assert {entry.object_repr for entry in LogEntry.objects.all()} == {
        f"login token {token.hint}… of {token.user}" for token in tokens
    }
