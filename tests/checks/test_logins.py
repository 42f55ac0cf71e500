"""A login that no user can pass."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.db import models
from django.test import override_settings
from django.urls import path

from drf_token_auth.checks.logins import check_backends
from drf_token_auth.serializers import TokenLoginSerializer
from drf_token_auth.views import LoginView

DJANGOS = "django.contrib.auth.backends.ModelBackend"
WITHOUT_NAMES = "django.contrib.auth.backends.RemoteUserBackend"


class ByPhone(TokenLoginSerializer):
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return attrs


class ByMail(BaseBackend):
    def authenticate(self, request: Any, email: Any = None, password: Any = None) -> Any:
        raise NotImplementedError


def messages_of(*backends: str, **attributes: Any) -> list[Any]:
    view = type("Login", (LoginView,), attributes)
    with override_settings(
        ROOT_URLCONF=(path("login/", view.as_view()),), AUTHENTICATION_BACKENDS=backends
    ):
        return check_backends()


def test_backends_that_do_not_take_a_user_name_are_found() -> None:
    [found] = messages_of(WITHOUT_NAMES, f"{__name__}.ByMail")
    assert found.id == "drf_token_auth.W018"
    assert f"the arguments of a login: {WITHOUT_NAMES}, {__name__}.ByMail." in found.msg
    assert found.hint.startswith("Write def authenticate(self, request, username=None, password=N")
    assert messages_of(WITHOUT_NAMES, DJANGOS) == []


def test_the_projects_own_validation_may_ask_other_backends() -> None:
    assert messages_of(WITHOUT_NAMES, serializer_class=ByPhone) == []
    with override_settings(ROOT_URLCONF=(), AUTHENTICATION_BACKENDS=[WITHOUT_NAMES]):
        assert check_backends() == []


class Own(ModelBackend):
    def authenticate(self, request: Any, username: Any = None, **kwargs: Any) -> Any:
        raise NotImplementedError


@pytest.mark.parametrize(
    "backend", [DJANGOS, "django.contrib.auth.backends.AllowAllUsersModelBackend"]
)
def test_a_user_manager_without_get_by_natural_key_is_found(monkeypatch: Any, backend: str) -> None:
    manager: Any = models.Manager()
    monkeypatch.setattr(get_user_model()._meta, "default_manager", manager, raising=False)
    [found] = messages_of(backend)
    label = get_user_model()._meta.label
    assert f"The default manager of {label} has no get_by_natural_key()" in found.msg
    assert "django.contrib.auth.base_user.BaseUserManager" in found.hint
    assert messages_of(f"{__name__}.Own") == []
