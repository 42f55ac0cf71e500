"""Django's ``login_required`` on views of DRF."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.test import override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import api_view
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.checks.login_required import check_login_required


class Shop(APIView):
    authentication_classes = [ExpiringTokenAuthentication]


class Mixed(LoginRequiredMixin, Shop):
    pass


@method_decorator(login_required, name="dispatch")
class Decorated(Shop):
    pass


class OfSessions(LoginRequiredMixin, APIView):
    authentication_classes = [SessionAuthentication]


class Pages(Shop):
    """The page of another package, which people open in a browser."""


Pages.__module__ = "drf_spectacular.views"


@api_view(["GET"])
@login_required
def below(request: Any) -> Response:
    """The decorator gets DRF's request here, which has the user of the token."""
    return Response()


def messages_about(callback: Any) -> list[Any]:
    with override_settings(ROOT_URLCONF=(path("", callback),)):
        return check_login_required()


@pytest.mark.parametrize(
    "callback",
    [
        login_required(Shop.as_view()),
        permission_required("auth.add_user")(Shop.as_view()),
        Mixed.as_view(),
        Decorated.as_view(),
    ],
)
def test_tokens_do_not_reach_a_view_behind_login_required(callback: Any) -> None:
    [found] = messages_about(callback)
    assert found.id == "drf_token_auth.W019"
    assert found.msg.startswith(f"{__name__}.{callback.cls.__name__} is behind login_required")
    assert "permission_classes = [IsAuthenticated]" in found.hint


@pytest.mark.parametrize(
    "callback",
    [Shop.as_view(), OfSessions.as_view(), below, login_required(Pages.as_view())],
)
def test_other_views_are_right(callback: Any) -> None:
    assert messages_about(callback) == []
