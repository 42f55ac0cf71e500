"""A class in the wrong list, such as an authenticator in a list of permissions."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.views import APIView

from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.checks.lists_of_views import check_lists_of_views
from drf_token_auth.checks.rest_framework import check_wrong_lists

OURS = "drf_token_auth.authentication.ExpiringTokenAuthentication"
ALLOWED = "rest_framework.permissions.IsAuthenticated"


def messages_about(**attributes: Any) -> list[Any]:
    view = type("Shop", (APIView,), attributes)
    with override_settings(ROOT_URLCONF=(path("", view.as_view()),)):
        return check_lists_of_views()


def test_an_authenticator_among_the_permissions_is_found() -> None:
    drfs = {"DEFAULT_PERMISSION_CLASSES": [OURS, ALLOWED, "nowhere.Nothing", None]}
    with override_settings(REST_FRAMEWORK=drfs):
        [found] = check_wrong_lists()
    assert found.msg.startswith(
        f'REST_FRAMEWORK["DEFAULT_PERMISSION_CLASSES"] has the entry {OURS!r}'
    )
    write = f'REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = ["{OURS}"].'
    assert found.hint == f"Delete it there. Write {write}"


@pytest.mark.parametrize(
    ("name", "entry", "other"),
    [
        ("permission_classes", ExpiringTokenAuthentication, "authentication_classes"),
        ("authentication_classes", IsAuthenticated, "permission_classes"),
    ],
)
def test_a_class_in_the_wrong_list_of_a_view_is_found(name: str, entry: Any, other: str) -> None:
    [found] = messages_about(**{name: [entry]})
    assert f"Shop.{name} has the entry" in found.msg
    assert found.hint == f"Delete it there. Write {other} = [{entry.__name__}]."


def test_a_path_in_place_of_a_list_of_a_view_is_found() -> None:
    [found] = messages_about(authentication_classes=OURS)
    assert "Shop.authentication_classes must be a list, but it is 'drf_token_auth." in found.msg
    assert found.hint.endswith("write authentication_classes = [ExpiringTokenAuthentication].")


def test_a_class_that_is_neither_an_authenticator_nor_a_permission_is_found() -> None:
    drfs = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.views.APIView"]}
    with override_settings(REST_FRAMEWORK=drfs):
        [found] = check_wrong_lists()
    assert found.hint == "Delete it there, or write the dotted path of a permission."
    [found] = messages_about(permission_classes=[APIView])
    assert found.hint == "Delete it there."


def test_a_list_that_the_view_computes_is_left_alone() -> None:
    assert messages_about(permission_classes=property(lambda self: None)) == []


def test_combined_permissions_are_right() -> None:
    assert messages_about(permission_classes=[IsAuthenticated | ~IsAuthenticated]) == []


@pytest.mark.parametrize("name", ["AUTHENTICATION_BACKENDS", "MIDDLEWARE"])
def test_an_authenticator_in_a_list_of_django_is_found(name: str) -> None:
    with override_settings(**{name: [*getattr(settings, name), OURS]}):
        [found] = check_wrong_lists()
    assert found.msg == f"{name} has the entry {OURS!r}, which is an authenticator of DRF."
    line = f'REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = ["{OURS}"]'
    assert found.hint == f"Delete it there. Write {line}."
    with override_settings(**{name: None}):
        assert check_wrong_lists() == []
