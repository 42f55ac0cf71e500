from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from drf_token_auth import get_token_model


@pytest.fixture(autouse=True)
def _pages(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.pages.urls"


@pytest.fixture
def page(user: Any) -> Client:
    """A browser in which the user has just logged in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def personal(user: Any) -> Any:
    return get_token_model().objects.create(user=user, kind="personal", name="backup")
