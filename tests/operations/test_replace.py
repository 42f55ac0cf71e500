"""One key per user: ``operations.replace``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from drf_token_auth import get_token_model, operations
from drf_token_auth.exceptions import TokenLimitReached, UnknownScopes
from drf_token_auth.signals import token_revoked
from tests.lives import status_of

Token = get_token_model()


def test_the_new_key_works_and_the_replaced_one_is_refused(user: Any) -> None:
    old = operations.replace(user, name="API key")
    new = operations.replace(user, name="API key", ttl=timedelta(days=1))
    assert status_of(old) == 401
    assert status_of(new) == 200
    assert Token.objects.get() == new
    assert new.kind == "personal"
    assert new.expires_at - timezone.now() < timedelta(days=1)


def test_tokens_with_another_name_kind_or_user_stay(user: Any, other_user: Any) -> None:
    kept = {
        operations.issue(user, kind="personal", name="CI"),
        operations.issue(user, name="API key"),
        operations.issue(other_user, kind="personal", name="API key"),
    }
    operations.issue(user, kind="personal", name="API key")
    new = operations.replace(user, name="  API key  ")
    assert set(Token.objects.all()) == {*kept, new}


def test_the_signal_says_that_the_token_was_replaced(
    user: Any, other_user: Any, django_capture_on_commit_callbacks: Any
) -> None:
    heard = []

    def listen(token: Any, reason: str, actor: Any, **kwargs: Any) -> None:
        heard.append((token.pk, reason, actor))

    old = operations.replace(user, name="API key")
    token_revoked.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            second = operations.replace(user, name="API key")
            operations.replace(user, name="API key", actor=other_user)
    finally:
        token_revoked.disconnect(listen)
    assert heard == [(old.pk, "replaced", user), (second.pk, "replaced", other_user)]


@pytest.mark.django_db(transaction=True)
def test_a_refused_replacement_revokes_nothing(user_factory: Any) -> None:
    user = user_factory()
    old = operations.replace(user, name="API key")
    with pytest.raises(UnknownScopes):
        operations.replace(user, name="API key", scopes=["nonsense"])
    assert status_of(old) == 200


def test_the_replaced_token_leaves_room_for_the_new_one(user: Any) -> None:
    operations.replace(user, name="API key")
    with override_settings(DRF_TOKEN_AUTH={"MAX_TOKENS_PER_USER": 1, "WHEN_FULL": "reject"}):
        operations.replace(user, name="API key")
        with pytest.raises(TokenLimitReached):
            operations.replace(user, name="another")
