"""The token model, unless ``DRF_TOKEN_AUTH_TOKEN_MODEL`` names another."""

from __future__ import annotations

from .base_models import AbstractToken

__all__ = ["Token"]


class Token(AbstractToken):
    class Meta(AbstractToken.Meta):
        swappable = "DRF_TOKEN_AUTH_TOKEN_MODEL"
