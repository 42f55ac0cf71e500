"""Admin classes of a project that name a column that a token does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model

from drf_token_auth import get_token_model
from drf_token_auth.admin import TokenAdmin
from drf_token_auth.checks.admin import check_admin

Token = get_token_model()
User = get_user_model()


class WithName(forms.ModelForm):  # type: ignore[type-arg]
    words = forms.CharField()


@pytest.fixture
def found() -> Iterator[Any]:
    """Return the messages about one admin class."""
    sites = []

    def about(model: Any = Token, base: Any = admin.ModelAdmin, **options: Any) -> Any:
        sites.append(admin.AdminSite(f"of_the_test_{len(sites)}"))
        sites[-1].register(model, type("ShopAdmin", (base,), options))
        return [one for one in check_admin() if "ShopAdmin" in one.msg or "ShopInline" in one.msg]

    yield about
    for site in sites:
        site._registry.clear()


@pytest.mark.parametrize(
    ("option", "value", "way_out"),
    [
        ("list_display", ["key", "user"], '"hint"'),
        ("search_fields", ["key"], '"hint"'),
        ("search_fields", ("^key", "user__pk"), '"hint"'),
        ("search_fields", ["created__year"], '"created_at"'),
        ("fields", ["user", "key"], '"hint"'),
        ("fields", [("user", "created")], '"created_at"'),
        ("fields", ["user", "created_at"], 'readonly_fields = ["created_at"]'),
        ("fieldsets", [(None, {"fields": ["user", "key"]})], '"hint"'),
    ],
)
def test_a_page_that_would_fail_is_found(found: Any, option: str, value: Any, way_out: str) -> None:
    [message] = found(**{option: value})
    assert message.id == "drf_token_auth.E023"
    assert f"ShopAdmin.{option} has" in message.msg
    assert way_out in message.hint


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"list_display": ["hint", "user", "created"], "search_fields": ["name", "pk"]},
        {"list_display": ["key"], "key": lambda self, obj: "…"},
        {"fields": ["user", "created_at", "key"], "readonly_fields": ["created_at", "key"]},
        {"fields": ["user", "words"], "form": WithName},
        {"base": TokenAdmin, "search_fields": ["key"]},  # Its search does not use the setting.
        {"base": TokenAdmin},
        {"model": User, "search_fields": ["password"], "list_display": ["pk"]},
    ],
)
def test_a_page_that_works_is_left_alone(found: Any, options: dict[str, Any]) -> None:
    assert found(**options) == []


def test_an_inline_that_would_fail_is_found(found: Any) -> None:
    inline = type("ShopInline", (admin.TabularInline,), {"model": Token, "fields": ["key"]})
    [message] = found(User, inlines=[inline])
    assert "ShopInline.fields has 'key'" in message.msg


def test_a_search_by_the_key_of_drfs_token_is_found(found: Any) -> None:
    [message] = found(User, search_fields=["=auth_token__key"])
    assert "your users have no auth_token" in message.msg


def test_nothing_is_checked_without_the_admin(monkeypatch: Any) -> None:
    monkeypatch.setattr("django.apps.apps.is_installed", lambda app: False)
    assert check_admin() == []
