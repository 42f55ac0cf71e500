"""The output and the options of ``manage.py import_tokens``."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from datetime import timezone as tz
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from drf_token_auth import get_token_model
from drf_token_auth.importers.packages import SOURCES
from tests.conftest import make_user
from tests.importing import OldToken, Plaintext, fill, number
from tests.lives import at, status_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("old_table")]
Token = get_token_model()


@pytest.fixture
def old_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "authtoken", Plaintext)


def told(*arguments: str, **options: Any) -> str:
    """Return what the command prints."""
    out, err = StringIO(), StringIO()
    call_command("import_tokens", *arguments, stdout=out, stderr=err, **options)
    assert err.getvalue() == ""
    return out.getvalue()


def six_rows(user: Any) -> None:
    fill(user, 4)
    fill(user, start=4, expiry=timezone.now())
    fill(make_user("gone", is_active=False), start=5)
    Token.objects.create(user=user, key=number(0))


def test_one_line_reports_the_import(old_app, user):
    six_rows(user)
    assert told("authtoken") == (
        "Imported 3 tokens. Already here: 1. "
        "Left out: 1 expired, 1 of inactive users, 0 unusable.\n"
    )


def test_the_line_names_rows_without_a_user_and_names_that_were_cut(old_app, user, monkeypatch):
    monkeypatch.setattr("tests.importing.NAME", "n" * 65)
    fill(user)
    gone = make_user("gone")
    fill(gone, start=1)
    gone.delete()
    said = told("authtoken")
    assert "1 rows name a user who does not exist. 1 names were cut to 64 characters." in said


def test_a_dry_run_prints_a_table(old_app, user):
    with at(datetime(2026, 5, 1, tzinfo=tz.utc)):
        six_rows(user)
        expiry = datetime(2027, 1, 9, tzinfo=tz.utc if settings.USE_TZ else None)
        OldToken.objects.filter(key=number(3)).update(expiry=expiry)
        said = told("authtoken", "--dry-run", "--kind", "personal", "--keep-forever")
    assert said.startswith(
        """\
rows in oldapp_oldtoken                            6
would be imported                                  3
  personal tokens                                  3
here already                                       1
left out                                           2
  expired                                          1
  of inactive users                                1
when they would expire
  within a year                                    1
  never                                            2
  the first on 2027-01-09, the last on 2027-01-09
"""
    )
    assert Token.objects.count() == 1


def test_a_dry_run_reports_an_empty_table(old_app):
    said = told("authtoken", "--dry-run")
    assert "rows in oldapp_oldtoken                            0\n" in said
    assert "when they would expire" not in said


def test_each_option_applies_to_the_imported_tokens(old_app, user, monkeypatch):
    monkeypatch.setattr("tests.importing.NAME", "")
    now = timezone.now()
    fill(user)
    with at(now):
        told("authtoken", "--ttl", "90d", "--batch-size", "7", "--database", "default")
    assert Token.objects.get().expires_at == now + timedelta(days=90)
    fill(user, start=1)
    told("authtoken", "--keep-forever", "--kind", "personal", "--name", "API key")
    token = Token.objects.get(expires_at=None)
    assert (token.kind, token.name) == ("personal", "API key")
    fill(user, start=2, created=now - timedelta(days=13))
    fill(user, start=3, created=now - timedelta(days=14))
    said = told("authtoken", "--expire-after", "14d")
    assert said.startswith("Imported 1 tokens. Already here: 2. Left out: 1 expired")


def test_undo_deletes_the_imported_tokens_and_keeps_the_old_rows(old_app, user):
    (key,) = fill(user)
    kept = Token.objects.create(user=user)
    told("authtoken")
    assert told("authtoken", "--undo", "--dry-run").startswith("Would delete 1 token.")
    assert status_of(key) == 200
    assert told("authtoken", "--undo") == "Deleted 1 token. The old table is unchanged.\n"
    assert [status_of(one) for one in (key, kept.key)] == [401, 200]
    assert OldToken.objects.count() == 1
    assert told("authtoken", "--kind", "personal").startswith("Imported 1 tokens.")
    assert status_of(key) == 200


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_the_progress(old_app, user):
    fill(user, 5)
    err = Terminal()
    call_command("import_tokens", "authtoken", "--batch-size=2", stdout=StringIO(), stderr=err)
    assert err.getvalue() == "\r2 tokens\r4 tokens\r5 tokens\r"


def test_verbosity_0_prints_nothing(old_app, user):
    fill(user)
    out, err = StringIO(), Terminal()
    call_command("import_tokens", "authtoken", verbosity=0, stdout=out, stderr=err)
    assert (out.getvalue(), err.getvalue()) == ("", "")
    assert Token.objects.count() == 1


def test_text_that_the_terminal_cannot_show_is_escaped(old_app, user, monkeypatch):
    monkeypatch.setattr(OldToken._meta, "verbose_name", "tökèn")
    fill(user)
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    call_command("import_tokens", "authtoken", "--dry-run", stdout=out)
    out.flush()
    assert b"would be imported" in raw.getvalue()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["allauth"], "choose from"),
        (["authtoken", "--batch-size", "0"], "--batch-size must be 1 or more"),
        (["authtoken", "--ttl", "0d"], "--ttl must be longer than 0s"),
        (["authtoken", "--expire-after", "0d"], "--expire-after must be longer than 0s"),
        (["authtoken", "--ttl", "soon"], "no duration|not a duration|soon"),
        (["authtoken", "--ttl", "1d", "--keep-forever"], "not allowed with"),
        (["authtoken", "--ttl", "1d", "--expire-after", "1d"], "not allowed with"),
        (["authtoken", "--kind", "robot"], "choose from"),
        (["authtoken", "--name", "n" * 65], "--name can have at most 64 characters, but it has 65"),
        (["authtoken", "--database", "nowhere"], "choose from"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_options_are_errors(old_app, user, arguments, said):
    fill(user)
    with pytest.raises(CommandError, match=said):
        told(*arguments)
    assert not Token.objects.exists()


@pytest.mark.parametrize("options", [[], ["--dry-run"], ["--undo"]], ids=str)
def test_a_new_table_that_is_not_there_is_named(old_app, user, monkeypatch, options):
    fill(user)
    monkeypatch.setattr(Token._meta, "db_table", "no_such_table")
    with pytest.raises(
        CommandError, match=r"no table 'no_such_table' in .* Run manage\.py migrate first"
    ):
        told("authtoken", *options)


@pytest.mark.parametrize("source", ["authtoken", "knox", "durin"])
def test_an_old_app_that_is_not_installed_is_named(source):
    app = SOURCES[source].app
    with pytest.raises(CommandError, match=f"Add '{app}' to INSTALLED_APPS"):
        told(source)
