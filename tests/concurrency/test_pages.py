"""Parallel requests for the same new token."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from drf_token_auth import get_token_model
from tests.concurrency.conftest import errors, in_parallel
from tests.conftest import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_form_sent_four_times_in_parallel_makes_one_token(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.pages.urls"
    user = make_user()
    clients = [Client() for _ in range(4)]
    for client in clients:
        client.force_login(user)
    form = {"name": "deploy", "lifetime": "never"}
    answers = in_parallel(
        *(lambda one=one: one.post("/account/api-tokens/new/", form) for one in clients)
    )
    assert errors(answers) == []
    with_key = [answer for answer in answers if b'id="token-key"' in answer.content]
    assert len(with_key) == 1
    assert get_token_model().objects.count() == 1
