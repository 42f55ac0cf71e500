"""A project's admin of tokens that was written for DRF's, and asks for the key."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin

from drf_token_auth import get_token_model
from drf_token_auth.admin import TokenAdminMixin
from drf_token_auth.checks import admins

Token = get_token_model()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> admin.AdminSite:
    """Return the only admin site. Django keeps it in a set that the checks of other tests read."""
    monkeypatch.setattr(admin.sites, "all_sites", set())
    return admin.AdminSite("own")


@pytest.fixture
def messages(site: admin.AdminSite) -> Any:
    """Return the messages about one admin class."""

    def about(base: type = admin.ModelAdmin, **options: Any) -> list[Any]:
        site.register(Token, type("TokenAdmin", (base,), options))
        return admins.check_admins()

    return about


class Ours(TokenAdminMixin, admin.ModelAdmin):
    pass


@pytest.mark.parametrize("base", [admin.ModelAdmin, Ours])
def test_the_list_of_drfs_admin_is_reported(messages: Any, base: type) -> None:
    [message] = messages(base, list_display=("key", "user", "created"))
    assert message.id == "drf_token_auth.W014"
    assert 'TokenAdmin.list_display names "key"' in message.msg
    assert '"hint"' in message.hint


@pytest.mark.parametrize("name", ["key", "=key", "^key", "key__startswith"])
def test_a_search_for_keys_is_reported(messages: Any, name: str) -> None:
    [message] = messages(search_fields=["user__email", name])
    assert 'TokenAdmin.search_fields names "key"' in message.msg


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"list_display": ("hint", "user")},
        {"list_display": ("key",), "key": admin.display(lambda self, token: token.hint)},
        {"search_fields": ["user__key", "name"]},
        {"base": Ours, "search_fields": ["key"]},
    ],
)
def test_no_other_admin_is_reported(messages: Any, options: dict[str, Any]) -> None:
    assert messages(**options) == []


def test_admins_of_other_models_are_not_reported(site: admin.AdminSite) -> None:
    site.register(Token._meta.get_field("user").related_model)
    assert admins.check_admins() == []
