"""A user model with two tables, and with a column for each kind of converter."""

from __future__ import annotations

import base64
import datetime
import decimal
from typing import Any

from django.db import models

from tests.projects.users import EmailUser


class ScrambledField(models.TextField):
    """A field that stores another text than the model shows, like an encrypting field."""

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
