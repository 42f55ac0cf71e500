"""The cheapest authenticator that uses a database. It sends one query and ignores the answer."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from rest_framework.authentication import BaseAuthentication


class SelectOne(BaseAuthentication):
    def authenticate(self, request: Any) -> tuple[Any, None]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
        return get_user_model()(pk=1), None
