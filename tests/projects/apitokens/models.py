"""A token model of the project, with one more column."""

from __future__ import annotations

from django.db import models

from drf_token_auth.base_models import AbstractToken


class ApiToken(AbstractToken):
    team = models.CharField(max_length=40, blank=True, default="")
