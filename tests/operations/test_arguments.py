"""A wrong argument is refused with the line to write."""

from __future__ import annotations

from typing import Any

import pytest

from drf_token_auth import get_token_model, operations

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["ttl", "idle_timeout"])
@pytest.mark.parametrize(
    ("value", "meant"), [(3600, "timedelta(seconds=3600)"), ("14 days", "timedelta(days=14)")]
)
def test_a_lifetime_that_is_no_timedelta(user: Any, name: str, value: Any, meant: str) -> None:
    with pytest.raises(TypeError) as raised:
        operations.issue(user, **{name: value})
    assert str(raised.value) == (
        f"{name} must be a timedelta or None, but it is {value!r}. Did you mean {meant}?"
    )
    assert not get_token_model().objects.exists()


def test_a_key_in_place_of_a_token(user: Any) -> None:
    key: Any = operations.issue(user).key
    with pytest.raises(TypeError, match=r"needs a token and not its key\. Write .*from_key"):
        operations.revoke(key)
    assert get_token_model().objects.count() == 1
