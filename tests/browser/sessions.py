"""Change the stored sessions of all browsers, directly in the database."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session


def age_logins() -> None:
    """Make the login of every session an hour older."""
    for row in Session.objects.all():
        session = SessionStore(row.session_key)
        session["_drf_token_auth_login_at"] -= 3600
        session.save()


def tie_to(token: Any) -> None:
    """Tie each session to this token, as if one login had made both."""
    for row in Session.objects.all():
        session = SessionStore(row.session_key)
        session["_drf_token_auth_token"] = token.pk
        session.save()
