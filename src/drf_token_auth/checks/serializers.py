"""Find serializers of a project that show the digests of tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import Tags
from rest_framework.serializers import ALL_FIELDS, ModelSerializer

from ..base_models import AbstractToken
from ..rows.pickling import DIGESTS
from .served import served_views
from .shared import Messages, check, path_of, warning

__all__: list[str] = []


@check(Tags.urls)
def check_serializers() -> Messages:
    """W013: a ModelSerializer of the token model has a digest among its fields."""
    list(served_views())  # This imports the modules of the views, and so their serializers.
    for serializer in _below(ModelSerializer):
        shown = _shown_digests(getattr(serializer, "Meta", None))
        if shown:
            yield warning(
                "W013",
                f"{path_of(serializer)} shows {', '.join(shown)}: the hashes of the keys.",
                'List the fields to show: fields = ["id", "name", "hint", "created_at", '
                '"expires_at", "last_used_at"].',
            )


def _below(parent: type[Any]) -> Iterator[type[Any]]:
    for child in parent.__subclasses__():
        yield child
        yield from _below(child)


def _shown_digests(meta: Any) -> list[str]:
    model = getattr(meta, "model", None)
    if not (isinstance(model, type) and issubclass(model, AbstractToken)):
        return []
    fields, exclude = getattr(meta, "fields", None), getattr(meta, "exclude", None)
    if fields == ALL_FIELDS:
        return list(DIGESTS)
    if exclude is not None:
        return [name for name in DIGESTS if name not in exclude]
    return [name for name in DIGESTS if name in (fields or ())]
