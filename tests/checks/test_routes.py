"""Views in the URLs without the brackets of as_view()."""

from __future__ import annotations

from typing import Any

from django.test import override_settings
from django.urls import include, path
from django.views.generic import TemplateView

from drf_token_auth.checks.routes import check_brackets
from drf_token_auth.views import LoginView, obtain_auth_token


def found(*patterns: Any) -> list[Any]:
    with override_settings(ROOT_URLCONF=patterns):
        return check_brackets()


def test_a_view_without_brackets_is_named_once() -> None:
    wrong: Any = LoginView.as_view
    routes = [path("login/", wrong), path("enter/", wrong)]
    [message] = found(path("auth/", include(routes)))
    assert message.id == "drf_token_auth.E024"
    assert message.msg.startswith("The URLs have drf_token_auth.views.login.LoginView.as_view")
    assert message.hint == "Write LoginView.as_view()."


def test_a_view_of_the_project_is_named_too() -> None:
    wrong: Any = TemplateView.as_view
    [message] = found(path("", wrong))
    assert message.hint == "Write TemplateView.as_view()."


class Site:
    def page(self, request: Any) -> None:
        pass


def test_other_callbacks_are_right() -> None:
    views: list[Any] = [LoginView.as_view(), obtain_auth_token, Site().page]
    assert found(*(path(f"{n}/", view) for n, view in enumerate(views))) == []
