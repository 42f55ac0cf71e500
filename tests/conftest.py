from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from hypothesis import settings as hypothesis_settings
from rest_framework.test import APIClient

# The machine may be busy, so hypothesis must not fail a slow example.
hypothesis_settings.register_profile("no_deadline", deadline=None)
hypothesis_settings.load_profile("no_deadline")

PASSWORD = "correct horse battery staple"


def make_user(name: str = "ada", **fields: Any) -> Any:
    """Create a user. The password is PASSWORD, unless ``fields`` has another one."""
    model = get_user_model()
    fields.setdefault("password", PASSWORD)
    email = f"{name}@example.com"
    if model.USERNAME_FIELD == "email":
        return model.objects.create_user(email=email, **fields)
    return model.objects.create_user(username=name, email=email, **fields)


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    # The login throttles count in the cache, and the tests log in more often than the rates allow.
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def user_factory(db: None) -> Callable[..., Any]:
    return make_user


@pytest.fixture
def user(db: None) -> Any:
    return make_user()


@pytest.fixture
def other_user(db: None) -> Any:
    return make_user("bob")


@pytest.fixture
def api_client() -> APIClient:
    return APIClient()
