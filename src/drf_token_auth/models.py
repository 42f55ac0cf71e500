"""The default token model. The setting ``DRF_TOKEN_AUTH_TOKEN_MODEL`` can name another."""

from __future__ import annotations

from .base_models import AbstractToken
from .conf import require_text_label

__all__ = ["Token"]

# Django reads the setting while it creates the class. For a number, its error does not name the
# setting, so check the setting first.
require_text_label()


class Token(AbstractToken):
    class Meta(AbstractToken.Meta):
        swappable = "DRF_TOKEN_AUTH_TOKEN_MODEL"
