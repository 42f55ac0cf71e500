"""Scopes that views require and no token can have."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.urls import include, path
from django.utils.functional import cached_property
from rest_framework.decorators import action
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from drf_token_auth.checks import scopes
from drf_token_auth.permissions import HasScopes, RecentLogin


class Scoped(APIView):
    permission_classes = (HasScopes,)


class ScopedByName(Scoped):
    required_scopes = "orders:read"


class ScopedByMethod(Scoped):
    required_scopes = {"GET": ["orders:read"], "POST": "orders:write"}


class Fresh(APIView):
    permission_classes = (RecentLogin(), HasScopes)
    required_scopes = ("orders:read",)


def composed(permission: Any) -> type[APIView]:
    return type("Composed", (APIView,), {"permission_classes": [permission]})


class Orders(ViewSet):
    permission_classes = [IsAuthenticated]
    required_scopes: Any = None

    def list(self, request):
        raise NotImplementedError

    @action(detail=False, permission_classes=[HasScopes], required_scopes=["orders:export"])
    def export(self, request):
        raise NotImplementedError


class Computed(Scoped):
    @property
    def required_scopes(self):
        raise NotImplementedError


class ComputedOnce(Scoped):
    @cached_property
    def required_scopes(self):
        raise NotImplementedError


class Chosen(APIView):
    @property
    def permission_classes(self):
        raise NotImplementedError


@pytest.mark.parametrize(
    ("view", "declared", "missing"),
    [
        (Scoped, {}, {"read", "write"}),
        (Scoped, {"read": "", "write": ""}, set()),
        (ScopedByName, {}, {"orders:read"}),
        (ScopedByMethod, {"orders:read": ""}, {"orders:write"}),
        (Fresh, {}, {"orders:read"}),
        (composed(HasScopes & RecentLogin(timedelta(minutes=5))), {}, {"read", "write"}),
        (composed(RecentLogin() & HasScopes), {}, {"read", "write"}),
        (composed(HasScopes | IsAdminUser), {}, {"read", "write"}),
        (composed(IsAdminUser | (IsAuthenticated & HasScopes)), {}, {"read", "write"}),
        (composed(~HasScopes), {}, {"read", "write"}),
        (composed(IsAdminUser | ~RecentLogin), {}, set()),
        (Computed, {}, set()),
        (ComputedOnce, {}, set()),
        (Chosen, {}, set()),
    ],
)
def test_a_required_scope_that_is_not_declared_is_found(view, declared, missing):
    assert lacking([path("", view.as_view())], declared) == missing


@pytest.mark.parametrize(
    ("required", "missing"),
    [
        ("orders:read", {"orders:read"}),
        ("orders:read orders:write", {"orders:read", "orders:write"}),
        (["orders:read orders:write"], {"orders:read orders:write"}),
        ("", {""}),
        ([], set()),
        ({"get": "a b", "POST": None, "HEAD": ["c"]}, {"a", "b", "c", "read", "write"}),
        (["read", 5], {"read", "5"}),
        ({"GET": 5}, {"5"}),
    ],
)
def test_the_arguments_of_as_view_count(required, missing):
    assert lacking([path("", ScopedByName.as_view(required_scopes=required))], {}) == missing


def test_the_arguments_of_action_count():
    router = SimpleRouter()
    router.register("orders", Orders, basename="orders")
    assert lacking([path("", include(router.urls))], {}) == {"orders:export"}


def lacking(urls, declared):
    with override_settings(ROOT_URLCONF=tuple(urls), DRF_TOKEN_AUTH={"SCOPES": declared}):
        found = [one for one in scopes.check_required_scopes() if one.id[-4:] == "E008"]
    return {re.search("'(.*?)'", message.msg)[1] for message in found}


@pytest.mark.parametrize(
    ("required", "wrong"),
    [
        ({"GET": [], "post": [], "Patch": None, "HEAD": "", "TRACE": []}, set()),
        ({"GTE": [], "post ": [], 1: []}, {"'GTE'", "'post '", "1"}),
        ({"PURGE": []}, {"'PURGE'"}),
        (["GTE"], set()),
        ({"GET": 5}, set()),
        (None, set()),
    ],
)
def test_scopes_for_an_unknown_method_are_found(required, wrong):
    view = type("View", (Scoped,), {"required_scopes": required})
    with override_settings(ROOT_URLCONF=(path("", view.as_view()),)):
        found = unknown_methods()
    assert {re.search("for (.*), which", message.msg)[1] for message in found} == wrong


def unknown_methods():
    return [one for one in scopes.check_required_scopes() if one.id == "drf_token_auth.E012"]


def test_a_method_that_the_view_adds_is_known():
    names = [*APIView.http_method_names, "purge"]
    view = type("View", (Scoped,), {"required_scopes": {"PURGE": []}, "http_method_names": names})
    with override_settings(ROOT_URLCONF=(path("", view.as_view()),)):
        assert unknown_methods() == []


def test_a_method_that_this_view_does_not_serve_is_known():
    """Several views may share one dict."""
    view = type("View", (ScopedByMethod,), {"http_method_names": ["get"]})
    with override_settings(ROOT_URLCONF=(path("", view.as_view()),)):
        assert unknown_methods() == []
