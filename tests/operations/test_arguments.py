"""A wrong argument is refused with the line to write."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils.functional import SimpleLazyObject

from drf_token_auth import get_token_model, operations

Token = get_token_model()
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("call", [operations.revoke, operations.rotate])
def test_a_key_instead_of_a_token_is_a_type_error(user: Any, call: Any) -> None:
    key: Any = operations.issue(user).key
    with pytest.raises(TypeError, match=r"needs a token and not its key\. Write .*from_key"):
        call(key)
    assert Token.objects.from_key(key) is not None


@pytest.mark.parametrize("call", [operations.revoke, operations.rotate])
def test_something_else_instead_of_a_token_is_a_type_error(user: Any, call: Any) -> None:
    with pytest.raises(TypeError, match=r"but it got None\. Write request\.auth"):
        call(None)
    with pytest.raises(TypeError, match=r"but it got an object of type"):
        call(user)


CALLS = {
    "issue": operations.issue,
    "replace": lambda user: operations.replace(user, name="API key"),
    "revoke_all": operations.revoke_all,
    "change_password": lambda user: operations.change_password(user, "a new password"),
    "changing_password": lambda user: operations.changing_password(user).__enter__(),
    "keep_through_change": lambda user: operations.keep_through_change(user, None),
}


@pytest.mark.parametrize("name", CALLS)
def test_something_else_instead_of_a_user_is_a_type_error(user: Any, name: str) -> None:
    for wrong in (None, user.get_username(), operations.issue(user)):
        with pytest.raises(TypeError, match=rf"{name}\(\) needs a user, but .* request\.user"):
            CALLS[name](wrong)
    with pytest.raises(TypeError, match=r"Nobody is logged in\. Write permission_classes"):
        CALLS[name](AnonymousUser())


def test_the_user_of_a_request_is_accepted(user: Any) -> None:
    """request.user is a lazy object."""
    lazy: Any = SimpleLazyObject(lambda: user)
    for call in CALLS.values():
        call(lazy)
    assert operations.issue(lazy).user == user


def test_a_name_may_be_none(user: Any) -> None:
    name: Any = None
    assert operations.issue(user, name=name).name == ""
    assert Token.objects.create(user=user, name=name).name == ""
