"""A token model of the project that no setting names."""

from __future__ import annotations

from typing import Any

from django.test import override_settings
from django.test.utils import isolate_apps
from django.urls import path
from rest_framework.views import APIView

from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.base_models import AbstractToken
from drf_token_auth.checks import token_model


@isolate_apps("django.contrib.sessions")
def test_a_token_model_that_no_setting_names_is_found(monkeypatch: Any) -> None:
    class Own(AbstractToken):
        class Meta:
            app_label = "sessions"

    class Token(AbstractToken):
        class Meta:
            app_label = "drf_token_auth"

    monkeypatch.setattr(token_model.apps, "get_models", lambda: [Token, Own])
    monkeypatch.setattr(token_model, "get_token_model", lambda: Token)
    [message] = token_model.check_unused_models()
    assert message.id == "drf_token_auth.W017"
    assert message.msg.startswith("sessions.Own is a token model, but the package uses ")
    assert 'DRF_TOKEN_AUTH_TOKEN_MODEL = "sessions.Own"' in message.hint

    authenticator = type("OwnAuthentication", (ExpiringTokenAuthentication,), {"model": Own})
    view = type("Shop", (APIView,), {"authentication_classes": [authenticator]})
    with override_settings(ROOT_URLCONF=(path("", view.as_view()),)):
        assert token_model.check_unused_models() == []
    monkeypatch.setattr(token_model, "get_token_model", lambda: Own)
    assert token_model.check_unused_models() == []
