from __future__ import annotations

import uuid

from django.db import models

from tests.projects.users import EmailUser


class User(EmailUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
