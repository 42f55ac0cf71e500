from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from tests.conftest import PASSWORD


@pytest.fixture
def staff(client: Any, db: None) -> Any:
    """A superuser who has just logged in to the admin."""
    name = get_user_model().USERNAME_FIELD
    person = get_user_model().objects.create_superuser(
        **{name: "root@example.com", "password": PASSWORD}
    )
    client.force_login(person)
    return person
