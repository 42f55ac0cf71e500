"""Tokens of other packages have columns that ours lack. The error for each says what to write."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.db.models import Count, F, Q

from drf_token_auth import get_token_model

Token = get_token_model()
pytestmark = pytest.mark.django_db

LOOKED_UP = {
    "filter": lambda: Token.objects.filter(key="x"),
    "filter, a part of the key": lambda: Token.objects.filter(key__startswith="x"),
    "filter, in a Q": lambda: Token.objects.filter(Q(user=1) | Q(key="x")),
    "exclude": lambda: Token.objects.exclude(key="x"),
    "get": lambda: Token.objects.get(token="x"),
    "get, as with knox": lambda: Token.objects.get(token_key="x"),
    "get_or_create": lambda: Token.objects.get_or_create(key="x"),
    "update_or_create": lambda: Token.objects.update_or_create(key="x"),
    "values": lambda: Token.objects.values("user", "key"),
    "values_list": lambda: Token.objects.values_list("key", flat=True),
    "only": lambda: Token.objects.only("key"),
    "defer": lambda: Token.objects.defer("key"),
    "order_by": lambda: Token.objects.order_by("-key"),
    "annotate": lambda: Token.objects.annotate(same=F("key")),
    "aggregate": lambda: Token.objects.aggregate(Count("key")),
}


@pytest.mark.parametrize("way", LOOKED_UP)
def test_the_error_for_a_lookup_by_key_names_from_key(way: str) -> None:
    with pytest.raises(FieldError, match=r"A key can't be looked up.*from_key") as raised:
        LOOKED_UP[way]()
    assert raised.value.__suppress_context__


CHANGED = {
    "update": lambda: Token.objects.update(key="x"),
    "bulk_update": lambda: Token.objects.bulk_update([], ["key"]),
}


@pytest.mark.parametrize("way", CHANGED)
def test_the_error_for_a_change_of_the_key_names_rotate(way: str) -> None:
    with pytest.raises(FieldError, match=r"A key can't be changed.*operations\.rotate\(token\)"):
        CHANGED[way]()


RENAMED = {
    "order_by": (lambda: Token.objects.order_by("-created"), "created_at"),
    "latest": (lambda: Token.objects.latest("created"), "created_at"),
    "filter": (lambda: Token.objects.filter(created__lt=1), "created_at"),
    "update": (lambda: Token.objects.update(created=1), "created_at"),
    "filter, as with knox": (lambda: Token.objects.filter(expiry__lt=1), "expires_at"),
}


@pytest.mark.parametrize("way", RENAMED)
def test_the_error_for_a_column_of_another_package_names_our_column(way: str) -> None:
    call, ours = RENAMED[way]
    with pytest.raises(FieldError, match=f"A token has no column .* Write '{ours}'"):
        call()


def test_any_other_missing_column_is_djangos_own_error() -> None:
    with pytest.raises(FieldError, match="Cannot resolve keyword 'colour'"):
        Token.objects.filter(colour="red")
    with pytest.raises(FieldError, match="Cannot resolve keyword 'colour'"):
        Token.objects.values("colour")


def test_an_annotation_may_have_the_name_of_a_foreign_column(user: Any) -> None:
    token = Token.objects.create(user=user)
    named = Token.objects.annotate(expiry=F("expires_at"))
    assert named.values_list("expiry", flat=True).get() == token.expires_at
    assert named.filter(expiry=token.expires_at).only("user").get() == token


def test_a_column_of_our_own_can_be_changed(user: Any) -> None:
    token = Token.objects.create(user=user)
    token.name = "phone"
    assert Token.objects.bulk_update([token], ["name"]) == 1
    assert Token.objects.filter(name="phone").update(name="laptop") == 1
    assert Token.objects.defer("name").get().name == "laptop"
