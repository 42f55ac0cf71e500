"""Check the packages that copy or import rows of the token model.

A copy has the digest of a key. An import can give a token to another user.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin

from .. import get_token_model
from ..checks.shared import Messages, error, path_of
from ..rows.pickling import KEY_COLUMNS

__all__ = ["find"]

_COLUMNS = json.dumps(KEY_COLUMNS)


def find() -> Messages:
    """E019: another package copies the digests of keys. E026: an admin lets staff import tokens."""
    model = get_token_model()
    yield from _imports(model)
    for app, exclusion in _EXCLUSIONS.items():
        hint = exclusion(model) if apps.is_installed(app) else None
        if hint is not None:
            yield error(
                "E019",
                f"{app} copies each {model._meta.label} with the digest of its key.",
                f"Exclude the digests. {hint}",
            )


def _imports(model: type[Any]) -> Messages:
    model_admin = admin.site._registry.get(model)
    may_import = getattr(type(model_admin), "has_import_permission", None)
    if getattr(may_import, "__module__", "").startswith("import_export."):
        yield error(
            "E026",
            f"{path_of(type(model_admin))} lets staff import tokens. With a file, they could give "
            "their own token to a user with more rights.",
            "Write drf_token_auth.admin.TokenAdminMixin as the first base of the class.",
        )


def _auditlog(model: type[Any]) -> str | None:
    from auditlog.registry import auditlog

    if not auditlog.contains(model):
        return None
    options = auditlog.get_model_fields(model)
    included, excluded = options["include_fields"], options["exclude_fields"]
    copied = {*(included or KEY_COLUMNS)} - {*excluded}
    serialize = auditlog.get_serialize_options(model)
    is_whole = serialize["serialize_data"] and not serialize["serialize_auditlog_fields_only"]
    if not is_whole and copied.isdisjoint(KEY_COLUMNS):
        return None
    if getattr(settings, "AUDITLOG_INCLUDE_ALL_MODELS", False):
        return f'Write AUDITLOG_EXCLUDE_TRACKING_MODELS = ("{model._meta.label}",).'
    return f"Write auditlog.register({model.__name__}, exclude_fields={_COLUMNS})."


def _easyaudit(model: type[Any]) -> str | None:
    from easyaudit import settings as theirs

    is_left_out = issubclass(model, tuple(theirs.UNREGISTERED_CLASSES))
    is_named = not theirs.REGISTERED_CLASSES or issubclass(model, tuple(theirs.REGISTERED_CLASSES))
    if is_left_out or not is_named or not theirs.WATCH_MODEL_EVENTS:
        return None
    return f'Write DJANGO_EASY_AUDIT_UNREGISTERED_CLASSES_EXTRA = ["{model._meta.label}"].'


def _simple_history(model: type[Any]) -> str | None:
    name = getattr(model._meta, "simple_history_manager_attribute", None)
    if name is None:
        return None
    history = getattr(model, name).model
    if _columns(history._meta.get_fields()).isdisjoint(KEY_COLUMNS):
        return None
    return f"Write register({model.__name__}, excluded_fields={_COLUMNS})."


def _reversion(model: type[Any]) -> str | None:
    from reversion import revisions

    if not revisions.is_registered(model):
        return None
    if set(revisions._get_options(model).fields).isdisjoint(KEY_COLUMNS):
        return None
    return f"Write reversion.register({model.__name__}, exclude={_COLUMNS})."


def _import_export(model: type[Any]) -> str | None:
    from import_export.mixins import BaseImportExportMixin
    from import_export.resources import modelresource_factory

    model_admin = admin.site._registry.get(model)
    if not isinstance(model_admin, BaseImportExportMixin):
        return None
    single = getattr(model_admin, "resource_class", None)
    named = [*(model_admin.resource_classes or ()), *([single] if single else ())]
    resources = named or [modelresource_factory(model)]
    if all(set(one.fields).isdisjoint(KEY_COLUMNS) for one in resources):
        return None
    return (
        "Give the admin class resource_classes = [TokenResource], where "
        f"TokenResource.Meta has model = {model.__name__} and exclude = {_COLUMNS}."
    )


def _pghistory(model: type[Any]) -> str | None:
    for event in apps.get_models():
        if getattr(event, "pgh_tracked_model", None) is not model:
            continue
        if not _columns(event._meta.get_fields()).isdisjoint(KEY_COLUMNS):
            name = model.__name__
            return f"Write pghistory.create_event_model({name}, exclude={_COLUMNS})."
    return None


def _columns(fields: Any) -> set[str]:
    return {field.name for field in fields}


# For each app, a function. It returns what to write if the app copies digests, or else None.
_EXCLUSIONS: dict[str, Callable[[type[Any]], str | None]] = {
    "auditlog": _auditlog,
    "easyaudit": _easyaudit,
    "simple_history": _simple_history,
    "reversion": _reversion,
    "import_export": _import_export,
    "pghistory": _pghistory,
}
