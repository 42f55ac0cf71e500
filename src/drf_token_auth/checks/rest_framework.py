"""Check that DRF can read DEFAULT_AUTHENTICATION_CLASSES, and return the classes that it names."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import Tags
from django.utils.module_loading import import_string

from ..conf.rest_framework import LINE, OURS, SETTING, not_a_text, unreadable
from ..conf.rules import show
from .served import served_views
from .shared import Messages, check, error, path_of, warning

__all__ = ["OURS", "SETTING", "default_authenticators"]

# The paths that a hint suggests for a misspelt one.
_KNOWN = [
    OURS,
    "drf_token_auth.authentication.BearerTokenAuthentication",
    "drf_token_auth.authentication.TokenAuthentication",
    "rest_framework.authentication.SessionAuthentication",
    "rest_framework.authentication.BasicAuthentication",
    "rest_framework.authentication.TokenAuthentication",
]


def _configured(name: str = "DEFAULT_AUTHENTICATION_CLASSES") -> Any:
    """Return the project's value, or DRF's default."""
    from rest_framework.settings import DEFAULTS

    configured = getattr(settings, "REST_FRAMEWORK", {})
    if not isinstance(configured, Mapping):
        return ()
    defaults: Mapping[str, object] = DEFAULTS
    return configured.get(name, defaults[name])


def default_authenticators() -> list[Any]:
    """Return the classes of the setting. Leave out the entries that E016 reports."""
    listed = _configured()
    found = (_imported(one) for one in (listed if isinstance(listed, (list, tuple)) else ()))
    return [one for one in found if callable(one)]


def _imported(entry: Any) -> Any:
    try:
        return import_string(entry) if isinstance(entry, str) else None
    except Exception:  # noqa: BLE001 -- a project's module may run any code
        return None


@check(Tags.compatibility)
def check_default_authenticators() -> Messages:
    """E016: the setting is not a list, or has entries that DRF cannot use."""
    broken = unreadable()
    for message, hint in broken:
        yield error("E016", message, hint)
    listed = _configured()
    if not isinstance(listed, (list, tuple)):
        yield error(
            "E016", f"{SETTING} must be a list, but it is {show(listed)}.", _as_list(listed)
        )
        return
    for entry in listed:
        if not broken and not callable(_imported(entry)):
            yield error("E016", *_wrong_entry(entry))


def _as_list(value: Any) -> str:
    if isinstance(value, str):
        return f'Add a comma: ("{value}",).'
    return f'Add a comma: ("{path_of(value)}",).' if isinstance(value, type) else LINE


def _wrong_entry(entry: Any) -> tuple[str, str]:
    if not isinstance(entry, str):
        return not_a_text(entry)
    try:
        import_string(entry)
        reason = "is not a class"
    except Exception as failure:  # noqa: BLE001 -- a project's module may run any code
        reason = f"cannot be imported: {type(failure).__name__}: {failure}"
    near = difflib.get_close_matches(entry, _KNOWN, n=1, cutoff=0.8)
    hint = f"Did you mean {near[0]!r}?" if near else "Correct the path, or delete the entry."
    return f"{SETTING} has the entry {entry!r}, which {reason}.", hint


@check(Tags.templates)
def check_browsable_api() -> Messages:
    """W011: DRF renders pages for browsers, but its templates are not installed."""
    renderers = _configured("DEFAULT_RENDERER_CLASSES")
    if not isinstance(renderers, (list, tuple)) or apps.is_installed("rest_framework"):
        return
    if "rest_framework.renderers.BrowsableAPIRenderer" in renderers:
        yield warning(
            "W011",
            '"rest_framework" is not in INSTALLED_APPS, so a browser that opens a view gets the '
            "error TemplateDoesNotExist.",
            'Add "rest_framework" to INSTALLED_APPS. If the API is not for browsers, write '
            'REST_FRAMEWORK = {"DEFAULT_RENDERER_CLASSES": '
            '["rest_framework.renderers.JSONRenderer"], …}.',
        )


@check(Tags.urls)
def check_classes_of_views() -> Messages:
    """E016: a view's tuple of one class lacks its comma, so it is the class itself."""
    for view in served_views():
        for name in ("authentication_classes", "permission_classes"):
            value = getattr(view, name, ())
            if isinstance(value, type) and vars(view).get(name) is value:
                yield error(
                    "E016",
                    f"{path_of(view)}.{name} must be a list, but it is {path_of(value)}.",
                    f"Add a comma: {name} = ({value.__name__},).",
                )
