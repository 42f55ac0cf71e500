"""A project's admin classes: columns that a token does not have, and tokens whose user changes."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model

from drf_token_auth import get_token_model
from drf_token_auth.admin import TokenAdmin
from drf_token_auth.checks.admins import check_admins

Token = get_token_model()
User = get_user_model()


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that returns the messages about one admin class and no other."""

    def about(
        model: Any = Token,
        base: Any = admin.ModelAdmin,
        left_out: tuple[str, ...] = ("drf_token_auth.W021",),
        **options: Any,
    ) -> Any:
        # A new site adds itself to this set, where the checks of other tests must not find it.
        monkeypatch.setattr(admin.sites, "all_sites", set())
        admin.AdminSite("of_the_test").register(model, type("ShopAdmin", (base,), options))
        # Staff can change the user in most of these plain classes. W021 has a test of its own.
        return [one for one in check_admins() if one.id not in left_out]

    return about


@pytest.mark.parametrize(
    ("option", "value", "way_out"),
    [
        ("search_fields", ["key"], '"hint"'),
        ("search_fields", ("^key", "user__pk"), '"hint"'),
        ("search_fields", ["created__year"], '"created_at"'),
        ("fields", ["user", "key"], '"hint"'),
        ("fields", [("user", "created")], '"created_at"'),
        ("fieldsets", [(None, {"fields": ["user", "key"]})], '"hint"'),
    ],
)
def test_a_page_that_would_fail_is_found(found: Any, option: str, value: Any, way_out: str) -> None:
    [message] = found(**{option: value})
    assert message.id == "drf_token_auth.E023"
    assert f"ShopAdmin.{option} has" in message.msg
    assert way_out in message.hint
    assert ("only a digest" in message.hint) is (way_out == '"hint"')


def test_an_empty_column_of_the_list_is_found(found: Any) -> None:
    for base in (admin.ModelAdmin, TokenAdmin):
        [message] = found(base=base, list_display=["key", "user", "created"])
        assert message.id == "drf_token_auth.W014"
        assert '"hint"' in message.hint


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"list_display": ["hint", "user", "created"], "search_fields": ["name", "pk"]},
        {"list_display": ["key"], "key": lambda self, obj: "…"},
        {"fields": ["user", "created_at", "key"], "readonly_fields": ["created_at", "key"]},
        {"base": TokenAdmin, "search_fields": ["key"]},  # TokenAdmin does not use this option.
        {"base": TokenAdmin},
        {"search_fields": ["user__pk", "=name"]},
        {"model": User, "search_fields": ["password"], "list_display": ["pk"]},
    ],
)
def test_a_page_that_works_is_left_alone(found: Any, options: dict[str, Any]) -> None:
    assert found(**options) == []


def test_an_inline_that_would_fail_is_found(found: Any) -> None:
    inline = type("ShopInline", (admin.TabularInline,), {"model": Token, "fields": ["key"]})
    [message] = found(User, inlines=[inline])
    assert "ShopInline.fields has 'key'" in message.msg


def test_nothing_is_checked_without_the_admin(monkeypatch: Any) -> None:
    monkeypatch.setattr("django.apps.apps.is_installed", lambda app: False)
    assert check_admins() == []


@pytest.mark.parametrize(
    ("options", "is_found"),
    [
        ({}, True),
        ({"fields": ["name", ("kind", "user")]}, True),
        ({"fieldsets": [(None, {"fields": ["user", "name"]})]}, True),
        ({"base": TokenAdmin}, False),
        ({"readonly_fields": ["user"]}, False),
        ({"fields": ["name"]}, False),
        ({"exclude": ["user"]}, False),
        ({"has_change_permission": lambda self, request, obj=None: False}, False),
        ({"model": User}, False),
    ],
)
def test_a_page_on_which_staff_can_take_over_a_user_is_found(
    found: Any, options: dict[str, Any], is_found: bool
) -> None:
    messages = found(left_out=(), **options)
    assert [one.id for one in messages] == ["drf_token_auth.W021"] * is_found
    assert all("TokenAdminMixin" in one.hint for one in messages)
