"""Values of the wrong type. On each path that creates a token, the error says what to write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db.models.functions import Now

from drf_token_auth import get_token_model, operations

pytestmark = pytest.mark.django_db

Token = get_token_model()


def create(**values: Any) -> Any:
    return Token.objects.create(**values)


def save(**values: Any) -> Any:
    token = Token(**values)
    token.save()
    return token


def bulk_create(**values: Any) -> Any:
    return Token.objects.bulk_create([Token(**values)])[0]


def issue(user: Any, **values: Any) -> Any:
    return operations.issue(user, **values)


ROWS = [create, save, bulk_create]
PATHS = [*ROWS, issue]


@pytest.mark.parametrize("path", ROWS)
@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (3600, "timedelta(seconds=3600)"),
        (timedelta(days=1), "timedelta(days=1)"),
        ([1], "timedelta(days=14)"),
        (Now() + timedelta(days=1), "timedelta(days=14)"),
        (True, "timedelta(days=14)"),
    ],
)
def test_an_expiry_that_is_no_datetime_is_an_error(
    user: Any, path: Callable[..., Any], value: Any, meant: str
) -> None:
    with pytest.raises(TypeError) as error:
        path(user=user, expires_at=value)
    assert "expires_at must be a datetime or None, but it is " in str(error.value)
    assert str(error.value).endswith(f"Write expires_at=timezone.now() + {meant}.")
    assert not Token.objects.exists()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("value", "meant"), [(3600, "timedelta(seconds=3600)"), ("1 day", "timedelta(days=1)")]
)
def test_an_idle_timeout_that_is_no_timedelta_is_an_error(
    user: Any, path: Callable[..., Any], value: Any, meant: str
) -> None:
    with pytest.raises(TypeError, match=r"idle_timeout must be a timedelta or None") as error:
        path(user=user, idle_timeout=value)
    assert str(error.value).endswith(f"Write idle_timeout={meant}.")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("value", [5, [5], [None], ["read", 5], timedelta(1)])
def test_scopes_that_are_no_names_are_an_error(
    user: Any, path: Callable[..., Any], value: Any
) -> None:
    with pytest.raises(TypeError, match=r"scopes must be a list of names or None, but it is"):
        path(user=user, scopes=value)


@pytest.mark.parametrize("path", PATHS)
def test_a_name_of_another_type_becomes_text_as_in_any_column(
    user: Any, path: Callable[..., Any]
) -> None:
    assert path(user=user, name=5).name == "5"
    assert path(user=user, name=None).name == ""


@pytest.mark.parametrize("path", ROWS)
def test_a_user_who_does_not_exist_is_an_error(path: Callable[..., Any]) -> None:
    with pytest.raises(get_user_model().DoesNotExist):
        path(user_id=987_654)
