"""Check that DRF can read DEFAULT_AUTHENTICATION_CLASSES, and return the classes that it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import Tags
from django.utils.module_loading import import_string

from ..conf.rest_framework import OURS, SETTING, unreadable, write_ours, wrong_entry
from ..conf.rules import show
from .served import served_views
from .shared import Messages, check, error, path_of, warning

__all__ = ["OURS", "SETTING", "default_authenticators", "write_ours"]


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
        wrong = None if broken else wrong_entry(entry)
        if wrong is not None:
            yield error("E016", *wrong)


@check(Tags.compatibility)
def check_other_classes() -> Messages:
    """E016: another list of classes in REST_FRAMEWORK is a text, often without its comma."""
    for name in ("PERMISSION", "THROTTLE", "RENDERER", "PARSER"):
        setting = f"DEFAULT_{name}_CLASSES"
        listed = _configured(setting)
        if not isinstance(listed, (list, tuple)):
            is_text = isinstance(listed, str)
            yield error(
                "E016",
                f'REST_FRAMEWORK["{setting}"] must be a list, but it is {show(listed)}.',
                _as_list(listed) if is_text else f'Write "{setting}": ["…"], with dotted paths.',
            )


def _as_list(value: Any) -> str:
    if isinstance(value, str):
        return f'Add a comma: ("{value}",).'
    return f'Add a comma: ("{path_of(value)}",).' if isinstance(value, type) else write_ours()


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
    """E016: a view's list of classes is a class itself, or has an entry that is not a class."""
    for view in served_views():
        for name in ("authentication_classes", "permission_classes"):
            value = vars(view).get(name)
            if isinstance(value, type):
                yield error(
                    "E016",
                    f"{path_of(view)}.{name} must be a list, but it is {path_of(value)}.",
                    f"Add a comma: {name} = ({value.__name__},).",
                )
            for entry in value if isinstance(value, (list, tuple)) else ():
                if not callable(entry):
                    yield error(
                        "E016",
                        f"{path_of(view)}.{name} has the entry {show(entry)}, which is no class.",
                        f"Import the class and write {name} = [{_class_of(entry)}].",
                    )


def _class_of(entry: Any) -> str:
    return entry.rpartition(".")[2] if isinstance(entry, str) else type(entry).__name__
