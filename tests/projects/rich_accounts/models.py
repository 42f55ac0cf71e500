"""A user model of two tables, with a column of each kind that a converter reads."""

from __future__ import annotations

import base64
import datetime
import decimal
from typing import Any

from django.db import models

from tests.projects.users import EmailUser


class ScrambledField(models.TextField):
    """As an encrypting field: what the database holds is not what the model shows."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return None if value is None else base64.b64decode(value).decode()

    def get_prep_value(self, value: str | None) -> str | None:
        return None if value is None else base64.b64encode(value.encode()).decode()


class Person(EmailUser):
    settings = models.JSONField(default=dict)
    born = models.DateField(null=True)


class User(Person):
    balance = models.DecimalField(max_digits=20, decimal_places=6, default=decimal.Decimal("0"))
    quota = models.DurationField(default=datetime.timedelta)
    secret = ScrambledField(null=True)
    wakes_at = models.TimeField(null=True)
    reference = models.UUIDField(null=True)
    avatar = models.BinaryField(null=True)
