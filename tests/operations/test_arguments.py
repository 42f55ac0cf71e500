"""A wrong argument is refused with the line to write."""

from __future__ import annotations

from typing import Any

import pytest

from drf_token_auth import get_token_model, operations

pytestmark = pytest.mark.django_db


def test_a_key_instead_of_a_token_is_a_type_error(user: Any) -> None:
    key: Any = operations.issue(user).key
    with pytest.raises(TypeError, match=r"needs a token and not its key\. Write .*from_key"):
        operations.revoke(key)
    assert get_token_model().objects.count() == 1
