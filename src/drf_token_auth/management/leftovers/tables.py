"""Find models and migrations of the project that depend on the old token model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from ... import get_token_model
from ...importers.sources import Source
from .common import Leftover, path_of

__all__ = ["foreign_keys", "is_projects", "subclasses", "token_models"]


def token_models(source: Source) -> list[type[Any]]:
    """Return the old token model, and the models derived from it."""
    old = source.model()
    return [model for model in apps.get_models() if issubclass(model, old)]


def is_projects(thing: Any, source: Source) -> bool:
    """Return whether the project or another package defines it, not the old package."""
    return not path_of(thing).startswith(f"{source.app}.")


def foreign_keys(source: Source) -> Iterator[Leftover]:
    """Find relations from other models to the old token model."""
    old = set(token_models(source))
    for model in apps.get_models():
        for field in model._meta.local_fields + model._meta.local_many_to_many:
            is_link = bool(getattr(field.remote_field, "parent_link", False))
            if field.related_model in old and not is_link and is_projects(model, source):
                target = getattr(settings, "DRF_TOKEN_AUTH_TOKEN_MODEL", "drf_token_auth.Token")
                yield Leftover(
                    f"The field {field} points at {source.label}",
                    f"{field.name} = models.{type(field).__name__}({target!r}, …)\n"
                    "Find the new row of an old one with drf_token_auth.importers.digests_of().",
                )


def subclasses(source: Source) -> Iterator[Leftover]:
    """Find proxies of the old token model, and models derived from it."""
    ours = get_token_model()
    for model in token_models(source):
        if model is not source.model() and is_projects(model, source):
            what = "a proxy of" if model._meta.proxy else "derived from"
            yield Leftover(
                f"The model {model._meta.label} is {what} {source.label}",
                f"from {ours.__module__} import {ours.__name__}\n"
                f"class {model.__name__}({ours.__name__}):\n"
                "The guide says how to write its migration.",
            )


def migrations(source: Source) -> Iterator[Leftover]:
    """Find migrations of the project that depend on the old app's migrations."""
    label = source.model()._meta.app_label
    own = {app.label for app in apps.get_app_configs() if app.name == source.app}
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    for (app, name), migration in sorted((loader.disk_migrations or {}).items()):
        if app in own:
            continue
        edges = [*migration.dependencies, *migration.run_before]
        if any(edge[0] in {label, *own} for edge in edges if edge[0] != app):
            yield Leftover(
                f"The migration {app}.{name} depends on the app {label!r}",
                "Without the old app, Django does not start: NodeNotFoundError.\n"
                f"Remove ({label!r}, …) from its dependencies, and every operation that uses "
                f"the old model.\nOr keep the old app in INSTALLED_APPS until you squash.",
            )
