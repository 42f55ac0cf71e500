"""The table of an old app. Tests create it, fill it and import its tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from drf_token_auth.importers.copying import import_tokens
from drf_token_auth.importers.old_tokens import OldToken as Row
from drf_token_auth.importers.packages import SOURCES
from drf_token_auth.importers.reports import ImportReport
from drf_token_auth.importers.sources import Source

LONG_AGO = timedelta(days=400)
NAME = "phone"


class OldToken(models.Model):
    key = models.CharField(max_length=300, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        related_name="+",
        # After a test with real commits, Django empties the table of users, but not this table. A
        # constraint in the database would turn this into an error.
        db_constraint=False,
    )
    created = models.DateTimeField()
    expiry = models.DateTimeField(null=True)

    class Meta:
        # The app is not installed, so the tests make its table themselves.
        app_label = "oldapp"


class Plaintext(Source):
    app = "oldapp"
    label = "oldapp.OldToken"

    def model(self) -> type[models.Model]:
        return OldToken

    def read(self, row: Any) -> Row:
        return Row(
            user=row.user_id,
            key=row.key,
            name=NAME,
            created_at=row.created,
            expires_at=row.expiry,
        )


def install(source: type[Source], monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the old app, so that a revoked token's old row is deleted too."""
    is_installed = apps.is_installed
    monkeypatch.setitem(SOURCES, source.app, source)
    monkeypatch.setattr(apps, "is_installed", lambda app: app == source.app or is_installed(app))


@contextmanager
def table() -> Iterator[None]:
    with connection.schema_editor() as editor:
        editor.create_model(OldToken)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(OldToken)


def number(n: int) -> str:
    """Return a key like those of ``rest_framework.authtoken``: 40 hexadecimal digits."""
    return f"{n:040x}"


def fill(user: Any, count: int = 1, *, start: int = 0, **fields: Any) -> list[str]:
    """Add old tokens of the user. Return their keys."""
    fields.setdefault("created", timezone.now() - LONG_AGO)
    found = [number(n) for n in range(start, start + count)]
    OldToken.objects.bulk_create(
        [OldToken(user=user, key=key, **fields) for key in found], batch_size=1000
    )
    return found


def report_of(**options: Any) -> ImportReport:
    """Import the old table. Return the report."""
    source = Plaintext()
    return import_tokens(source.rows("default"), source.read, **options)


def bring_over(**options: Any) -> dict[str, int]:
    """Import the old table. Return the counts that are not zero."""
    return counts_of(report_of(**options))


def counts_of(report: ImportReport) -> dict[str, int]:
    names = ("imported", "present", "expired", "inactive", "unusable", "ownerless", "held")
    return {name: getattr(report, name) for name in names if getattr(report, name)}
