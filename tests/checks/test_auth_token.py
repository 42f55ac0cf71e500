"""Views written for rest_framework.authtoken: they read ``user.auth_token``."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings
from django.urls import path
from rest_framework.decorators import api_view
from rest_framework.views import APIView

from drf_token_auth.checks.foreign_tokens import check_views


class Logout(APIView):
    def post(self, request: Any) -> None:
        request.user.auth_token.delete()


class LogoutOfABase(Logout):
    pass


class Key(APIView):
    def get(self, request: Any) -> Any:
        def key() -> Any:
            return self.request.user.auth_token.key

        return key()


@api_view(["POST", "PUT"])
def logout(request: Any) -> None:
    request.user.auth_token.delete()


class Other(APIView):
    auth_token = "a name of its own"

    def get(self, request: Any) -> Any:
        return self.auth_token


class NewWay(APIView):
    def post(self, request: Any) -> None:
        request.auth.revoke(reason="logout")


def found(*views: Any) -> list[Any]:
    with override_settings(ROOT_URLCONF=tuple(path(f"{n}/", v) for n, v in enumerate(views))):
        return check_views()


@pytest.mark.parametrize(
    ("view", "name"),
    [
        (Logout.as_view(), "Logout.post"),
        (LogoutOfABase.as_view(), "Logout.post"),
        (Key.as_view(), "Key.get"),
        (logout, "logout"),
    ],
)
def test_a_view_that_reads_auth_token_is_named(view, name):
    [message] = found(view)
    assert message.id == "drf_token_auth.W009"
    assert message.msg.startswith(f"{__name__}.{name} reads user.auth_token")
    assert 'request.auth.revoke(reason="logout")' in message.hint


def test_other_views_are_not_named():
    assert found(Other.as_view(), NewWay.as_view()) == []


def test_a_method_of_two_views_is_named_once():
    assert len(found(Logout.as_view(), LogoutOfABase.as_view())) == 1


def test_a_view_is_not_named_if_users_have_an_auth_token(monkeypatch, django_user_model):
    monkeypatch.setattr(django_user_model, "auth_token", None, raising=False)
    assert found(Logout.as_view()) == []
