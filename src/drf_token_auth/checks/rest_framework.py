"""Check the dict ``REST_FRAMEWORK``, and find authenticators of DRF in settings of Django."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import Tags
from django.utils.module_loading import import_string
from rest_framework.authentication import BaseAuthentication
from rest_framework.settings import DEFAULTS

from ..conf.rest_framework import SETTING, drf_settings, write_ours, wrong_entry
from ..conf.rules import show
from .served import class_at
from .shared import Messages, check, error, path_of, warning

_AUTHENTICATORS = "DEFAULT_AUTHENTICATION_CLASSES"
_PERMISSIONS = "DEFAULT_PERMISSION_CLASSES"


def _value(name: str) -> Any:
    """Return the project's value, or DRF's default."""
    return {**DEFAULTS, **drf_settings()}[name]


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
            if isinstance(listed, (str, type)):
                path = listed if isinstance(listed, str) else path_of(listed)
                hint = f'Add a comma: ("{path}",).'
            elif setting == _AUTHENTICATORS:
                hint = write_ours()
            else:
                hint = f'Write "{setting}": ["…"], with dotted paths.'
            message = f'REST_FRAMEWORK["{setting}"] must be a list, but it is {show(listed)}.'
            yield error("E016", message, hint)
        elif setting == _AUTHENTICATORS:
            yield from (error("E016", *wrong) for wrong in map(wrong_entry, listed) if wrong)


@check(Tags.compatibility)
def check_wrong_lists() -> Messages:
    """E016: a permission has no has_permission(). E025: an authenticator is in a wrong list."""
    for name in ("AUTHENTICATION_BACKENDS", "MIDDLEWARE"):
        for path, found in _classes_in(getattr(settings, name)):
            if issubclass(found, BaseAuthentication):
                message = f"{name} has the entry {path!r}, which is an authenticator of DRF."
                yield error("E025", message, f'Delete it there. Write {SETTING} = ["{path}"].')
    for path, found in _classes_in(_value(_PERMISSIONS)):
        if not hasattr(found, "has_permission"):
            yield error(
                "E016",
                f'REST_FRAMEWORK["{_PERMISSIONS}"] has the entry {path!r}, which is not a '
                "permission: it has no has_permission().",
                f'Delete it there. Write {SETTING} = ["{path}"].'
                if hasattr(found, "authenticate")
                else "Delete it there, or write the dotted path of a permission.",
            )


def _classes_in(listed: Any) -> list[tuple[Any, type[Any]]]:
    named = listed if isinstance(listed, (list, tuple)) else ()
    return [(path, found) for path in named if (found := class_at(path)) is not None]


@check(Tags.security)
def check_names() -> Messages:
    """W020: a name is nearly the name of a list that DRF reads. DRF ignores such a list."""
    for name in (name for name in drf_settings() if name not in DEFAULTS):
        for near in get_close_matches(str(name).upper(), [_AUTHENTICATORS, _PERMISSIONS], 1, 0.8):
            yield warning(
                "W020",
                f'DRF does not read REST_FRAMEWORK["{name}"].',
                f'Write REST_FRAMEWORK["{near}"].',
            )


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
