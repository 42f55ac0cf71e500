"""Views that still make the tokens of rest_framework.authtoken."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings
from django.urls import path
from rest_framework.authtoken.models import Token as OldToken
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.decorators import api_view
from rest_framework.views import APIView

from drf_token_auth import operations
from drf_token_auth.checks.foreign_tokens import check_drfs_tokens
from drf_token_auth.views import LoginView

OURS = "drf_token_auth.authentication.ExpiringTokenAuthentication"
DRFS = "rest_framework.authentication.TokenAuthentication"


class Own(APIView):
    def post(self, request: Any) -> Any:
        return OldToken.objects.create(user=request.user)


class OfDRF(ObtainAuthToken):
    pass


class Local(APIView):
    def post(self, request: Any) -> Any:
        from rest_framework.authtoken.models import Token

        return Token.objects.create(user=request.user)


class Right(ObtainAuthToken):
    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return operations.issue(request.user)


@api_view(["POST"])
def login(request: Any) -> Any:
    return OldToken.objects.create(user=request.user)


def found(view: Any, *defaults: str, installed: bool, monkeypatch: Any) -> list[Any]:
    monkeypatch.setattr(
        "drf_token_auth.checks.foreign_tokens.apps.is_installed", lambda app: installed
    )
    with override_settings(
        ROOT_URLCONF=(path("", view),),
        REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": list(defaults)},
    ):
        return check_drfs_tokens()


@pytest.mark.parametrize("installed", [False, True])
@pytest.mark.parametrize(
    ("view", "name"),
    [
        (ObtainAuthToken.as_view(), "rest_framework.authtoken.views.ObtainAuthToken"),
        (OfDRF.as_view(), f"{__name__}.OfDRF"),
        (Own.as_view(), f"{__name__}.Own.post"),
        (Local.as_view(), f"{__name__}.Local.post"),
        (login, f"{__name__}.login"),
    ],
)
def test_a_view_that_makes_drfs_tokens_is_named(
    view: Any, name: str, installed: bool, monkeypatch: Any
) -> None:
    [message] = found(view, OURS, installed=installed, monkeypatch=monkeypatch)
    assert message.id == f"drf_token_auth.{'W012' if installed else 'E021'}"
    assert message.msg.startswith(f"{name} uses ")
    assert "drf_token_auth.views.LoginView" in message.hint
    assert "operations.issue(user)" in message.hint


@pytest.mark.parametrize("view", [Right.as_view(), LoginView.as_view()])
def test_a_view_that_makes_our_tokens_is_not_named(view: Any, monkeypatch: Any) -> None:
    assert found(view, OURS, installed=False, monkeypatch=monkeypatch) == []


def test_a_view_is_not_named_if_an_authenticator_accepts_drfs_tokens(monkeypatch: Any) -> None:
    view = ObtainAuthToken.as_view()
    assert found(view, OURS, DRFS, installed=True, monkeypatch=monkeypatch) == []
