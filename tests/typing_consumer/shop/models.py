from __future__ import annotations

from django.db import models

from drf_token_auth.base_models import AbstractToken


class ApiToken(AbstractToken):
    note: models.TextField[str, str] = models.TextField(blank=True)

    class Meta(AbstractToken.Meta):
        abstract = False
