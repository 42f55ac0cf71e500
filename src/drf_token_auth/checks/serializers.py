"""Find serializers of a project that show secret columns of tokens."""

from __future__ import annotations

from typing import Any

from django.core.checks import Tags
from rest_framework.serializers import ALL_FIELDS, ModelSerializer

from ..rows.pickling import KEY_COLUMNS
from .code import is_token_model
from .served import loaded_subclasses
from .shared import Messages, check, path_of, warning


@check(Tags.urls)
def check_serializers() -> Messages:
    """W013: a ModelSerializer of the token model has a secret column among its fields."""
    for serializer in loaded_subclasses(ModelSerializer):
        shown = _shown_secrets(getattr(serializer, "Meta", None))
        if shown:
            yield warning(
                "W013",
                f"{path_of(serializer)} shows secret columns: {', '.join(shown)}.",
                'List the fields to show: fields = ["id", "name", "hint", "created_at", '
                '"expires_at", "last_used_at"].',
            )


def _shown_secrets(meta: Any) -> list[str]:
    if not is_token_model(getattr(meta, "model", None)):
        return []
    fields, exclude = getattr(meta, "fields", None), getattr(meta, "exclude", None)
    if exclude is not None:
        return [name for name in KEY_COLUMNS if name not in exclude]
    return [name for name in KEY_COLUMNS if fields == ALL_FIELDS or name in (fields or ())]
