from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone


def pytest_configure(config: pytest.Config) -> None:
    # A deprecation warning in a neighbour's own code is not a fault of this package.
    for line in ("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning"):
        config.addinivalue_line("filterwarnings", line)
        config.addinivalue_line("filterwarnings", f"error{line[6:]}:drf_token_auth")


@pytest.fixture
def operator(user: Any) -> Client:
    """A browser in which a superuser is logged in."""
    user.is_staff = user.is_superuser = True
    user.save()
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def usable_token(user: Any) -> Any:
    """A usable token of a user who has two expired ones too."""
    from drf_token_auth import operations

    usable, *expired = (operations.issue(user) for _ in range(3))
    for token in expired:
        token.expires_at = timezone.now()
        token.save()
    return usable
