"""The check that finds a project's serializers with secret columns of a token."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings
from rest_framework import serializers

from drf_token_auth import get_token_model
from drf_token_auth.checks import serializers as module
from drf_token_auth.pages import urls as pages_urls

Token = get_token_model()
SECRETS = {"digest", "previous_digest", "key_family"}


@pytest.fixture
def warnings(monkeypatch: Any) -> Iterator[Any]:
    """Return a function that returns the messages about one serializer of the project."""

    def about(**meta: Any) -> list[Any]:
        base: Any = type("Base", (), {})
        meta_class = type("Meta", (), {"model": Token, **meta})
        # A class that nothing holds may be collected before the check looks for it.
        base.held = type("Shown", (base,), {"Meta": meta_class})
        monkeypatch.setattr(module, "ModelSerializer", base)
        with override_settings(ROOT_URLCONF=pages_urls.__name__):
            return module.check_serializers()

    return about


@pytest.mark.parametrize(
    ("meta", "shown"),
    [
        ({"fields": "__all__"}, SECRETS),
        ({"fields": ["id", "digest"]}, {"digest"}),
        ({"exclude": ["digest"]}, SECRETS - {"digest"}),
    ],
)
def test_a_serializer_with_a_digest_is_named(warnings: Any, meta: Any, shown: set[str]) -> None:
    [message] = warnings(**meta)
    assert message.id == "drf_token_auth.W013"
    assert "Shown" in message.msg
    assert {name for name in SECRETS if f" {name}" in message.msg} == shown
    assert "fields = [" in message.hint


@pytest.mark.parametrize(
    "meta",
    [
        {"fields": ["id", "name"]},
        {"exclude": sorted(SECRETS)},
        {},
        {"fields": None},
        {"model": None, "fields": "__all__"},
        {"model": Token._meta.get_field("user").related_model, "fields": "__all__"},
    ],
)
def test_other_serializers_are_not_named(warnings: Any, meta: Any) -> None:
    assert warnings(**meta) == []


def test_the_serializer_in_the_hint_works(warnings: Any, db: None, user: Any) -> None:
    [message] = warnings(fields="__all__")
    names = ast.literal_eval(re.findall(r"fields = (\[.*?\])", message.hint)[0])
    assert "id" in names
    meta = type("Meta", (), {"model": Token, "fields": names})
    shown = type("Shown", (serializers.ModelSerializer,), {"Meta": meta})
    assert list(shown(Token.objects.create(user=user)).data) == names


def test_our_own_serializers_show_no_digest() -> None:
    with override_settings(ROOT_URLCONF="tests.urls"):
        mine = [one for one in module.check_serializers() if "drf_token_auth." in one.msg]
    assert mine == []
