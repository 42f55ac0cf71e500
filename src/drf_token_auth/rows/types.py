"""Types of the token model's columns, for type checkers without the plugin of django-stubs.

Each alias has the type that can be assigned, and the type that is read.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import _User  # the plugin makes it the project's user model
    from django.db import models
    from django.db.models.expressions import Combinable

    RowId = models.BigAutoField[int | str | Combinable, int]
    NumberOrNull = models.BigIntegerField[int | str | Combinable | None, int | None]
    ToUser = models.ForeignKey[_User | Combinable, _User]
    Text = models.CharField[str | Combinable, str]
    TextOrNull = models.CharField[str | Combinable | None, str | None]
    Moment = models.DateTimeField[datetime | str | Combinable, datetime]
    MomentOrNull = models.DateTimeField[datetime | str | Combinable | None, datetime | None]
    DurationOrNull = models.DurationField[timedelta | Combinable | None, timedelta | None]
