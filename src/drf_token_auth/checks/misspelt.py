"""Find misspelt names of DRF's lists. DRF ignores such a list, so a view may be open to all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from rest_framework.settings import DEFAULTS

from .served import served_views
from .shared import Messages, check, path_of, warning

_LISTS = {"authentication_classes": "get_authenticators", "permission_classes": "get_permissions"}


@check(Tags.security)
def check_names_of_settings() -> Messages:
    """W020: a name in REST_FRAMEWORK is nearly the name of a setting that DRF reads."""
    drfs = getattr(settings, "REST_FRAMEWORK", None)
    for name in drfs if isinstance(drfs, Mapping) else ():
        near = _near(str(name).lower(), [f"default_{one}" for one in _LISTS], cutoff=0.8)
        if near and name not in DEFAULTS:
            yield warning(
                "W020",
                f'DRF does not read REST_FRAMEWORK["{name}"].',
                f'Write REST_FRAMEWORK["{near.upper()}"].',
            )


@check(Tags.urls)
def check_names_in_views() -> Messages:
    """W020: the name of a view's attribute is nearly a name that DRF reads."""
    for view in served_views():
        for owner, name in _lists_of(view):
            near = _near(name, list(_LISTS), cutoff=0.9)
            if near and name != near and not _reads_other_names(view, _LISTS[near]):
                yield warning(
                    "W020",
                    f"DRF does not read {path_of(owner)}.{name}.",
                    f"Write {near} = […].",
                )


def _lists_of(view: type[Any]) -> Iterator[tuple[type[Any], str]]:
    """Yield the names of attributes that may be a list of classes, each after its own class."""
    for owner in view.__mro__:
        for name, value in vars(owner).items():
            if isinstance(value, (list, tuple, type)):
                yield owner, name


def _near(name: str, wanted: list[str], cutoff: float) -> str:
    return next(iter(get_close_matches(name, wanted, 1, cutoff)), "")


def _reads_other_names(view: type[Any], method: str) -> bool:
    """Return whether the project has written this method itself."""
    from rest_framework.views import APIView

    return getattr(view, method, None) is not getattr(APIView, method)
