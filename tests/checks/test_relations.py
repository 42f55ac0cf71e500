"""Code that reads the tokens of a user by a relation of another package."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings
from django.urls import path
from rest_framework import serializers
from rest_framework.views import APIView

from drf_token_auth.checks import foreign_tokens


class LogoutOfKnox(APIView):
    def post(self, request: Any) -> None:
        request.user.auth_token_set.all().delete()


class Other(APIView):
    def get(self, request: Any) -> Any:
        return request.user


def found(*views: Any) -> list[Any]:
    urls = tuple(path(f"{number}/", view.as_view()) for number, view in enumerate(views))
    with override_settings(ROOT_URLCONF=urls):
        return foreign_tokens.check_views()


def test_the_relation_of_knox_is_named(monkeypatch: Any, django_user_model: Any) -> None:
    [message] = found(LogoutOfKnox, Other)
    assert message.id == "drf_token_auth.W009"
    assert "LogoutOfKnox.post reads user.auth_token_set, which" in message.msg
    monkeypatch.setattr(django_user_model, "auth_token_set", None, raising=False)
    assert found(LogoutOfKnox) == []


@pytest.mark.parametrize(
    ("name", "source", "is_named"),
    [
        ("token", "auth_token.key", True),
        ("auth_token", None, True),
        ("tokens", "auth_token_set.first", True),
        ("token", None, False),
        ("user", "*", False),
    ],
)
def test_a_serializer_that_reads_a_missing_relation_is_named(
    monkeypatch: Any, name: str, source: str | None, is_named: bool
) -> None:
    class Base:
        """Stand in for Serializer, whose subclasses the checks of other tests would find."""

    field = serializers.CharField(read_only=True, source=source)
    held = type("Account", (Base,), {"_declared_fields": {name: field}})
    monkeypatch.setattr(foreign_tokens, "Serializer", Base)
    messages = foreign_tokens.check_sources()
    assert [one.id for one in messages] == ["drf_token_auth.W009"] * is_named
    if is_named:
        assert f"{held.__qualname__}.{name} reads {source or name}, which" in messages[0].msg
