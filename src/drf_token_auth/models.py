"""The token model, unless ``DRF_TOKEN_AUTH_TOKEN_MODEL`` names another."""

from __future__ import annotations

from .base_models import AbstractToken
from .conf import require_text_label

__all__ = ["Token"]

# Django reads the setting while it makes the class. It fails on a number without naming it.
require_text_label()


class Token(AbstractToken):
    class Meta(AbstractToken.Meta):
        swappable = "DRF_TOKEN_AUTH_TOKEN_MODEL"
