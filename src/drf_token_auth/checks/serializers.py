"""Find serializers of a project that show secret columns of tokens."""

from __future__ import annotations

from typing import Any

from django.core.checks import Tags
from rest_framework.serializers import ALL_FIELDS, ModelSerializer

from ..base_models import AbstractToken
from ..rows.pickling import KEY_COLUMNS
from .code import subclasses
from .served import served_views
from .shared import Messages, check, path_of, warning


@check(Tags.urls)
def check_serializers() -> Messages:
    """W013: a ModelSerializer of the token model has a secret column among its fields."""
    served_views()  # This imports the modules of the views, and so their serializers.
    for serializer in subclasses(ModelSerializer):
        shown = _shown_secrets(getattr(serializer, "Meta", None))
        if shown:
            yield warning(
                "W013",
                f"{path_of(serializer)} shows secret columns: {', '.join(shown)}.",
                'List the fields to show: fields = ["id", "name", "hint", "created_at", '
                '"expires_at", "last_used_at"].',
            )


def _shown_secrets(meta: Any) -> list[str]:
    model = getattr(meta, "model", None)
    if not (isinstance(model, type) and issubclass(model, AbstractToken)):
        return []
    fields, exclude = getattr(meta, "fields", None), getattr(meta, "exclude", None)
    if fields == ALL_FIELDS:
        return list(KEY_COLUMNS)
    if exclude is not None:
        return [name for name in KEY_COLUMNS if name not in exclude]
    return [name for name in KEY_COLUMNS if name in (fields or ())]
