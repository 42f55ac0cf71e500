"""A token model of the project, for knox."""

from __future__ import annotations

from django.db import models
from knox.models import AbstractAuthToken


class Device(AbstractAuthToken):
    platform = models.CharField(max_length=20, blank=True, default="")
