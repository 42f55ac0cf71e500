"""Some packages copy every row. A check names the line that leaves the digests out."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import reversion
from auditlog.registry import auditlog
from django.contrib import admin
from django.core.checks import run_checks
from django.core.exceptions import PermissionDenied
from easyaudit import settings as easyaudit
from import_export.admin import ExportMixin, ImportMixin
from import_export.resources import ModelResource

from drf_token_auth import get_token_model
from drf_token_auth.admin import TokenAdminMixin
from drf_token_auth.checks import neighbours
from drf_token_auth.contrib import audit_checks
from drf_token_auth.rows.pickling import KEY_COLUMNS

Token = get_token_model()
SECRETS = list(KEY_COLUMNS)

pytestmark = pytest.mark.django_db


def found() -> dict[str, str]:
    """Return the hint of each message, by the app that the message names first."""
    messages = [one for one in run_checks() if one.id == "drf_token_auth.E019"]
    return {one.msg.partition(" ")[0]: one.hint for one in messages}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # By default, easyaudit records every model that UNREGISTERED_CLASSES does not name.
    monkeypatch.setattr(easyaudit, "UNREGISTERED_CLASSES", [Token])
    yield
    if auditlog.contains(Token):
        auditlog.unregister(Token)
    if reversion.is_registered(Token):
        reversion.unregister(Token)


def test_an_untracked_token_gives_no_message() -> None:
    assert found() == {}


@pytest.mark.parametrize(
    ("options", "is_copied"),
    [
        ({}, True),
        ({"exclude_fields": ["digest"]}, True),
        ({"exclude_fields": SECRETS}, False),
        ({"include_fields": ["name"]}, False),
        ({"include_fields": ["name", "digest"]}, True),
        ({"exclude_fields": SECRETS, "serialize_data": True}, True),
    ],
)
def test_a_model_in_auditlog_with_its_digests_is_found(
    options: dict[str, Any], is_copied: bool
) -> None:
    auditlog.register(Token, **options)
    hints = found()
    assert list(hints) == ["auditlog"] * is_copied
    if is_copied:
        columns = '["digest", "previous_digest", "key_family"]'
        line = f"Write auditlog.register(Token, exclude_fields={columns})."
        assert hints["auditlog"] == f"Exclude the digests. {line}"


def test_auditlog_of_all_models_gets_the_setting_to_write(settings: Any) -> None:
    settings.AUDITLOG_INCLUDE_ALL_MODELS = True
    auditlog.register(Token)
    line = f'AUDITLOG_EXCLUDE_TRACKING_MODELS = ("{Token._meta.label}",)'
    assert line in found()["auditlog"]


@pytest.mark.parametrize(
    ("changed", "is_copied"),
    [
        ({"UNREGISTERED_CLASSES": []}, True),
        ({"UNREGISTERED_CLASSES": [], "WATCH_MODEL_EVENTS": False}, False),
        ({"UNREGISTERED_CLASSES": [], "REGISTERED_CLASSES": [admin.models.LogEntry]}, False),
        ({"UNREGISTERED_CLASSES": [], "REGISTERED_CLASSES": [Token]}, True),
    ],
)
def test_easyaudit_that_records_tokens_is_found(
    changed: dict[str, Any], is_copied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in changed.items():
        monkeypatch.setattr(easyaudit, name, value)
    hints = found()
    assert list(hints) == ["easyaudit"] * is_copied
    line = f'DJANGO_EASY_AUDIT_UNREGISTERED_CLASSES_EXTRA = ["{Token._meta.label}"]'
    assert all(line in hint for hint in hints.values())


@pytest.mark.parametrize(("exclude", "is_copied"), [((), True), (SECRETS, False)])
def test_a_model_in_reversion_with_its_digests_is_found(exclude: Any, is_copied: bool) -> None:
    reversion.register(Token, exclude=exclude)
    hints = found()
    assert list(hints) == ["reversion"] * is_copied
    assert all("reversion.register(Token, exclude=[" in hint for hint in hints.values())


class Everything(ModelResource):
    class Meta:
        model = Token


class WithoutDigests(ModelResource):
    class Meta:
        model = Token
        exclude = SECRETS


@pytest.mark.parametrize(
    ("resources", "is_copied"),
    [([], True), ([Everything], True), ([WithoutDigests], False)],
)
def test_an_export_with_the_digests_is_found(
    resources: list[Any], is_copied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = type("TokenAdmin", (ExportMixin, admin.ModelAdmin), {"resource_classes": resources})
    monkeypatch.setitem(admin.site._registry, Token, made(Token, admin.site))
    hints = found()
    assert list(hints) == ["import_export"] * is_copied
    assert all("resource_classes = [TokenResource]" in hint for hint in hints.values())


@pytest.mark.parametrize(("resource", "is_copied"), [(Everything, True), (WithoutDigests, False)])
def test_an_export_with_the_older_name_of_the_setting_is_understood(
    resource: Any, is_copied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = type("TokenAdmin", (ExportMixin, admin.ModelAdmin), {"resource_class": resource})
    monkeypatch.setitem(admin.site._registry, Token, made(Token, admin.site))
    assert list(found()) == ["import_export"] * is_copied


def test_our_admin_refuses_imports(user: Any, rf: Any) -> None:
    """import-export lets all staff import. A file could move a token to a more powerful user."""
    bases = (TokenAdminMixin, ImportMixin, admin.ModelAdmin)
    model_admin = type("TokenAdmin", bases, {})(Token, admin.site)
    request = rf.post("/")
    request.user = user
    for view in (model_admin.import_action, model_admin.process_import):
        with pytest.raises(PermissionDenied):
            view(request)


@pytest.mark.parametrize(
    ("bases", "is_found"),
    [
        ((TokenAdminMixin, ImportMixin, admin.ModelAdmin), False),
        ((ImportMixin, TokenAdminMixin, admin.ModelAdmin), True),
        ((ImportMixin, admin.ModelAdmin), True),
        ((ExportMixin, admin.ModelAdmin), False),
    ],
)
def test_an_admin_that_lets_staff_import_tokens_is_found(
    bases: Any, is_found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = type("TokenAdmin", bases, {"resource_classes": [WithoutDigests]})
    monkeypatch.setitem(admin.site._registry, Token, made(Token, admin.site))
    messages = [one for one in run_checks() if one.id == "drf_token_auth.E026"]
    assert len(messages) == is_found
    assert all("TokenAdminMixin as the first base" in str(one.hint) for one in messages)


@pytest.mark.parametrize("columns", [["name"], ["name", "digest"]])
def test_a_history_with_the_digests_is_found(
    columns: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """simple-history gives each registered model a manager for its history."""
    fields = [Token._meta.get_field(name) for name in columns]
    meta = type("Meta", (), {"get_fields": lambda self: fields})()
    history = type("HistoricalToken", (), {"_meta": meta})
    monkeypatch.setattr(Token, "history", type("Manager", (), {"model": history}), raising=False)
    monkeypatch.setattr(Token._meta, "simple_history_manager_attribute", "history", raising=False)
    hints = found()
    assert list(hints) == ["simple_history"] * ("digest" in columns)
    assert all("register(Token, excluded_fields=[" in hint for hint in hints.values())


@pytest.mark.parametrize(("columns", "is_copied"), [(["name"], False), (["name", "digest"], True)])
def test_an_event_model_with_the_digests_is_found(
    monkeypatch: pytest.MonkeyPatch, columns: list[str], is_copied: bool
) -> None:
    """pghistory's triggers need PostgreSQL, so the test has a stand-in for its event model."""
    fields = [Token._meta.get_field(name) for name in columns]
    event = SimpleNamespace(
        pgh_tracked_model=Token, _meta=SimpleNamespace(get_fields=lambda: fields)
    )
    registry = SimpleNamespace(
        is_installed=lambda app: app == "pghistory", get_models=lambda: [Token, event]
    )
    monkeypatch.setattr(audit_checks, "apps", registry)
    hints = [message.hint for message in audit_checks.find()]
    assert len(hints) == is_copied
    assert neighbours.MODULES["pghistory"] == "audit_checks"
    assert all("pghistory.create_event_model(" in str(hint) for hint in hints)
