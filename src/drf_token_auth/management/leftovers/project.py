"""Find models, migrations, receivers, admin classes and fixtures that use the old token model."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.migrations.loader import MigrationLoader
from django.db.models import signals

from ... import get_token_model
from ...checks.shared import path_of
from ...importers.sources import Source
from .common import Leftover, is_theirs

__all__ = [
    "admins",
    "fixtures",
    "foreign_keys",
    "migrations",
    "receivers",
    "subclasses",
]

_SIGNALS = ("pre_save", "post_save", "pre_delete", "post_delete")
_FORMATS = ("json", "jsonl", "xml", "yaml", "yml")
_LONGEST_FIXTURE = 10_000_000  # bytes


def _token_models(source: Source) -> list[type[Any]]:
    """Return the old token model, and the models derived from it."""
    old = source.model()
    return [model for model in apps.get_models() if issubclass(model, old)]


def foreign_keys(source: Source) -> Iterator[Leftover]:
    """Find relations from other models to the old token model."""
    old = set(_token_models(source))
    for model in apps.get_models():
        for field in model._meta.local_fields + model._meta.local_many_to_many:
            is_link = bool(getattr(field.remote_field, "parent_link", False))
            if field.related_model in old and not is_link and not is_theirs(model, source):
                target = getattr(settings, "DRF_TOKEN_AUTH_TOKEN_MODEL", "drf_token_auth.Token")
                yield Leftover(
                    f"The field {field} points at {source.label}",
                    f"{field.name} = models.{type(field).__name__}({target!r}, …)\n"
                    "Find the new row of an old one with drf_token_auth.importers.digests_of().",
                )


def subclasses(source: Source) -> Iterator[Leftover]:
    """Find proxies of the old token model, and models derived from it."""
    ours = get_token_model()
    for model in _token_models(source):
        if model is not source.model() and not is_theirs(model, source):
            what = "a proxy of" if model._meta.proxy else "derived from"
            yield Leftover(
                f"The model {model._meta.label} is {what} {source.label}",
                f"from {ours.__module__} import {ours.__name__}\n"
                f"class {model.__name__}({ours.__name__}):\n"
                "The guide says how to write its migration.",
            )


def migrations(source: Source) -> Iterator[Leftover]:
    """Find migrations of other apps that depend on the old app's migrations."""
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
                "Without the old app, migrate and runserver fail: NodeNotFoundError.\n"
                f"Remove ({label!r}, …) from its dependencies, and every operation that uses "
                f"the old model.\nOr keep the old app in INSTALLED_APPS until you squash.",
            )


def receivers(source: Source) -> Iterator[Leftover]:
    """Find receivers of the old model's signals.

    Also find functions that receive the user model's signals and use the old model. Such a function
    usually makes a token for each new user.
    """
    old = set(_token_models(source))
    for name in _SIGNALS:
        for sender, receiver in _connected(getattr(signals, name)):
            if is_theirs(receiver, source):
                continue
            if sender in {id(model) for model in old}:
                yield Leftover(
                    f"{path_of(receiver)} receives {name} of {source.label}",
                    "Connect it to drf_token_auth.signals: token_created or token_revoked. They "
                    "are sent on commit.\nDjango's model signals are sent for our tokens as well.",
                )
            elif sender == id(get_user_model()) and _uses(receiver, old):
                yield Leftover(
                    f"{path_of(receiver)} receives {name} of the user model and uses "
                    f"{source.label}",
                    "If it makes a token for a user, remove it: nobody would see the key.",
                )


def _connected(signal: Any) -> Iterator[tuple[int, Any]]:
    """Yield each receiver with the id of its sender."""
    for (_, sender), receiver, *_ in signal.receivers:
        if isinstance(receiver, weakref.ReferenceType):
            receiver = receiver()
        if receiver is not None:
            yield sender, receiver


def _uses(receiver: Any, models: set[type[Any]]) -> bool:
    """Return whether a function uses one of the models as a global of its module."""
    code = getattr(receiver, "__code__", None)
    names = code.co_names if code is not None else ()
    known = getattr(receiver, "__globals__", {})
    return any(known.get(name) in models for name in names if isinstance(known.get(name), type))


def admins(source: Source) -> Iterator[Leftover]:
    """Find admin classes and inlines of the old model."""
    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.sites import all_sites

    old = set(_token_models(source))
    write = "Remove it: drf_token_auth registers its own. Or use TokenAdminMixin with our model."
    user_field: Any = get_token_model()._meta.get_field("user")
    prefix = user_field.remote_field.get_accessor_name()
    for site in all_sites:
        for model, admin in site._registry.items():
            if model in old and not is_theirs(type(admin), source):
                yield Leftover(f"{path_of(type(admin))} is registered for {source.label}", write)
            for inline in admin.inlines:
                if inline.model in old:
                    where = f"{path_of(inline)} is an inline of {path_of(type(admin))}"
                    yield Leftover(where, f"{write}\nThe prefix of its form becomes {prefix!r}.")


def fixtures(source: Source) -> Iterator[Leftover]:
    """Find fixtures with rows of the old table."""
    label = source.model()._meta.label_lower
    folders = [Path(app.path, "fixtures") for app in apps.get_app_configs()]
    folders += [Path(folder) for folder in settings.FIXTURE_DIRS]
    files = [file for folder in folders for ext in _FORMATS for file in folder.rglob(f"*.{ext}")]
    for file in sorted(set(files)):
        if file.stat().st_size <= _LONGEST_FIXTURE and label.encode() in file.read_bytes().lower():
            yield Leftover(
                f"The fixture {file} has rows of {label}",
                "Remove them, and make the tokens in the test: Token.objects.create(user=user, "
                'key="…").',
            )
