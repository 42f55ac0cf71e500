"""The default token model. The setting ``DRF_TOKEN_AUTH_TOKEN_MODEL`` can name another."""

from __future__ import annotations

from .base_models import AbstractToken

__all__ = ["Token"]


class Token(AbstractToken):
    class Meta(AbstractToken.Meta):
        swappable = "DRF_TOKEN_AUTH_TOKEN_MODEL"
