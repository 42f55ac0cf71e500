"""Misspelt names of DRF's lists."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings
from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.views import APIView

from drf_token_auth.checks.lists_of_views import check_lists_of_views
from drf_token_auth.checks.rest_framework import check_names


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("DEFAULT_AUTHENTICATION_CLASS", "DEFAULT_AUTHENTICATION_CLASSES"),
        ("AUTHENTICATION_CLASSES", "DEFAULT_AUTHENTICATION_CLASSES"),
        ("DEFAULT_PERMISSIONS_CLASSES", "DEFAULT_PERMISSION_CLASSES"),
        ("DEFAULT_PERMISSION", "DEFAULT_PERMISSION_CLASSES"),
        ("default_permission_classes", "DEFAULT_PERMISSION_CLASSES"),
    ],
)
def test_a_misspelt_setting_is_found(name: str, right: str) -> None:
    with override_settings(REST_FRAMEWORK={name: []}):
        [found] = check_names()
    assert found.id == "drf_token_auth.W020"
    assert found.msg == f'DRF does not read REST_FRAMEWORK["{name}"].'
    assert found.hint == f'Write REST_FRAMEWORK["{right}"].'


@pytest.mark.parametrize(
    "value", [None, {}, {"DEFAULT_THROTTLE_CLASSES": [], "JSON_CASE": 1, 5: 5}]
)
def test_other_settings_are_right(value: Any) -> None:
    with override_settings(REST_FRAMEWORK=value):
        assert check_names() == []


def messages_about(**attributes: Any) -> list[Any]:
    base = type("Base", (APIView,), {"__module__": "shop", **attributes})
    views = [type(name, (base,), {}).as_view() for name in ("Cart", "Order")]
    with override_settings(ROOT_URLCONF=tuple(path(f"{n}/", one) for n, one in enumerate(views))):
        return check_lists_of_views()


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("permission_class", "permission_classes"),
        ("permissions_classes", "permission_classes"),
        ("authentication_class", "authentication_classes"),
    ],
)
def test_a_misspelt_attribute_of_a_view_is_found(name: str, right: str) -> None:
    [found] = messages_about(**{name: [IsAuthenticated]})
    assert found.id == "drf_token_auth.W020"
    assert found.msg == f"DRF does not read shop.Base.{name}."
    assert found.hint == f"Write {right} = […]."


def test_a_project_may_read_a_name_of_its_own() -> None:
    def get_permissions(self: Any) -> list[Any]:
        return [self.permission_class()]

    own = {"permission_class": IsAuthenticated, "get_permissions": get_permissions}
    assert messages_about(**own) == []
    assert messages_about(permission_classes=[IsAuthenticated], permission_map={}) == []
