"""Check that DRF can read DEFAULT_AUTHENTICATION_CLASSES, and return the classes that it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.core.checks import Tags
from django.utils.module_loading import import_string
from rest_framework.settings import DEFAULTS

from ..conf.rest_framework import configured, write_ours, wrong_entry
from ..conf.rules import show
from .shared import Messages, check, error, path_of, warning

_AUTHENTICATORS = "DEFAULT_AUTHENTICATION_CLASSES"


def _value(name: str) -> Any:
    """Return the project's value, or DRF's default."""
    defaults: Mapping[str, object] = DEFAULTS
    return configured(name, defaults[name])


def default_authenticators() -> list[Any]:
    """Return the authenticators in the setting, or an empty list if E016 reports one of them."""
    listed = _value(_AUTHENTICATORS)
    is_right = isinstance(listed, (list, tuple)) and not any(map(wrong_entry, listed))
    return [import_string(one) for one in listed] if is_right else []


@check(Tags.compatibility)
def check_default_classes() -> Messages:
    """E016: a setting of DRF is not a list, or DRF cannot use an authenticator."""
    for name in ("AUTHENTICATION", "PERMISSION", "THROTTLE", "RENDERER", "PARSER"):
        setting = f"DEFAULT_{name}_CLASSES"
        listed = _value(setting)
        if not isinstance(listed, (list, tuple)):
            message = f'REST_FRAMEWORK["{setting}"] must be a list, but it is {show(listed)}.'
            if isinstance(listed, (str, type)):
                path = listed if isinstance(listed, str) else path_of(listed)
                yield error("E016", message, f'Add a comma: ("{path}",).')
            elif setting == _AUTHENTICATORS:
                yield error("E016", message, write_ours())
            else:
                yield error("E016", message, f'Write "{setting}": ["…"], with dotted paths.')
        elif setting == _AUTHENTICATORS:
            yield from (error("E016", *wrong) for wrong in map(wrong_entry, listed) if wrong)


@check(Tags.templates)
def check_browsable_api() -> Messages:
    """W011: DRF renders pages for browsers, but its templates are not installed."""
    if apps.is_installed("rest_framework"):
        return
    if "rest_framework.renderers.BrowsableAPIRenderer" in _value("DEFAULT_RENDERER_CLASSES"):
        yield warning(
            "W011",
            '"rest_framework" is not in INSTALLED_APPS, so a browser that opens a view gets the '
            "error TemplateDoesNotExist.",
            'Add "rest_framework" to INSTALLED_APPS. If the API is not for browsers, write '
            'REST_FRAMEWORK = {"DEFAULT_RENDERER_CLASSES": '
            '["rest_framework.renderers.JSONRenderer"], …}.',
        )
