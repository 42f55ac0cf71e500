"""The real package's table."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from rest_framework.authtoken.models import Token as Old

from drf_token_auth import get_token_model
from tests.conftest import make_user

Token = get_token_model()


def imported(*options: str) -> str:
    out = StringIO()
    call_command("import_tokens", *options, stdout=out)
    return out.getvalue()


def test_a_key_goes_on_working(db: None, user: Any) -> None:
    old = Old.objects.create(user=user)
    gone = Old.objects.create(user=make_user("gone", is_active=False))
    print(imported("authtoken", "--dry-run"))
    print(imported("authtoken"))
    print(imported("authtoken"))
    token = Token.objects.from_key(old.key)
    assert token.created_at == old.created
    assert Token.objects.from_key(gone.key) is None
