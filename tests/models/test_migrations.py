"""Test the migrations. A test that needs other settings starts a process."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from drf_token_auth import get_token_model
from tests.projects_on_disk import Project

Token = get_token_model()


def test_there_are_no_missing_migrations(db: None) -> None:
    out = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=out)
    assert out.getvalue() == "No changes detected\n"


@pytest.mark.parametrize(
    "target", ['"drf_token_auth.Token"', "settings.DRF_TOKEN_AUTH_TOKEN_MODEL"]
)
def test_a_foreign_key_to_tokens_can_be_migrated(tmp_path: Path, target: str) -> None:
    """``makemigrations`` reads the setting that names the token model. The setting must exist."""
    (tmp_path / "logbook").mkdir()
    (tmp_path / "logbook" / "__init__.py").touch()
    (tmp_path / "logbook" / "models.py").write_text(
        f"""
from django.conf import settings
from django.db import models

class Entry(models.Model):
    token = models.ForeignKey({target}, models.CASCADE)
""",
        "utf-8",
    )
    project = Project(tmp_path, "base", 'INSTALLED_APPS += ["logbook"]')
    assert "Create model Entry" in project.manage("makemigrations", "logbook")
    assert "logbook.0001_initial... OK" in project.manage("migrate")


@pytest.mark.django_db(transaction=True)
def test_migrate_zero_works_with_rows(user_factory: Any) -> None:
    Token.objects.create(user=user_factory())
    label = Token._meta.app_label
    try:
        call_command("migrate", label, "zero", verbosity=0)
        assert Token._meta.db_table not in connection.introspection.table_names()
    finally:
        call_command("migrate", label, verbosity=0)
    assert not Token.objects.exists()


class TestTheTable:
    @pytest.fixture
    def constraints(self, db: None) -> list[dict[str, Any]]:
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, Token._meta.db_table)
        return list(found.values())

    def indexed(self, constraints: list[dict[str, Any]]) -> set[str]:
        return {
            one["columns"][0]
            for one in constraints
            if (one["index"] or one["unique"]) and one["columns"]
        }

    def test_the_columns_are_those_of_the_first_release(self, db: None) -> None:
        with connection.cursor() as cursor:
            described = connection.introspection.get_table_description(cursor, Token._meta.db_table)
        columns = {column.name: column for column in described}
        own = {"team"} if Token._meta.app_label == "apitokens" else set()
        assert columns.keys() - own == {
            "id",
            "user_id",
            "digest",
            "hint",
            "kind",
            "name",
            "scopes",
            "created_at",
            "expires_at",
            "idle_timeout",
            "renewable_until",
            "last_used_at",
            "user_stamp",
            "previous_digest",
            "previous_until",
            "key_family",
        }
        assert not columns["digest"].null_ok
        assert columns["expires_at"].null_ok
        assert columns["scopes"].null_ok

    def test_a_digest_is_unique(self, constraints: list[dict[str, Any]]) -> None:
        assert [one for one in constraints if one["unique"] and one["columns"] == ["digest"]]

    def test_only_searched_columns_are_indexed(self, constraints: list[dict[str, Any]]) -> None:
        indexed = self.indexed(constraints)
        assert indexed - {Token._meta.pk.column} == {
            *("digest", "user_id", "expires_at", "previous_digest", "key_family")
        }

    def test_the_digest_has_no_index_for_like(self, constraints: list[dict[str, Any]]) -> None:
        # On PostgreSQL, Django adds an index for LIKE to each unique text column.
        on_digest = [one for one in constraints if "digest" in (one["columns"] or [])]
        assert len([one for one in on_digest if one["index"] or one["unique"]]) == 1


class TestTheFiles:
    def test_there_is_one_migration_head(self) -> None:
        loader = MigrationLoader(None, ignore_no_migrations=True)
        assert loader.detect_conflicts() == {}
        needed = {
            dependency
            for key in loader.disk_migrations
            if key[0] == "drf_token_auth"
            for dependency in loader.disk_migrations[key].dependencies
        }
        # The migrations depend on the project's user model, and on no neighbour.
        users = settings.AUTH_USER_MODEL.partition(".")[0]
        assert {app for app, _ in needed} - {"drf_token_auth"} == {users}

    def test_the_model_can_be_swapped_from_the_first_migration_on(self) -> None:
        loader = MigrationLoader(None, ignore_no_migrations=True)
        state = loader.project_state(("drf_token_auth", "0001_initial"))
        options = state.models["drf_token_auth", "token"].options
        assert options["swappable"] == "DRF_TOKEN_AUTH_TOKEN_MODEL"


# One user has a token. Another logs in and sends a request. Then migrate to zero and forward again.
THERE_AND_BACK = """
import json, sys
from django.core.management import call_command
from django.db import connection
from rest_framework.test import APIClient
from drf_token_auth import get_token_model
from tests.conftest import PASSWORD, make_user

def migrate(*where):
    call_command("migrate", *where, verbosity=0)
    return connection.introspection.table_names()

call_command("makemigrations", check=True, dry_run=True)
tables = [migrate()]
model, client, ada = get_token_model(), APIClient(), make_user()
model.objects.create(user=make_user("bob"))
login = client.post("/auth/login/", {"username": ada.get_username(), "password": PASSWORD})
client.credentials(HTTP_AUTHORIZATION="Token " + login.json()["token"])
status = [login.status_code, client.get("/echo/").status_code]
rows = model.objects.count()
tables += [migrate("drf_token_auth", "zero")]
tables += [migrate(model._meta.app_label, "zero")]
tables += [migrate()]
status += [client.get("/echo/").status_code]
print(json.dumps([status, rows, tables]))
"""

OURS, SWAPPED = "drf_token_auth_token", "apitokens_apitoken"


@pytest.mark.parametrize(
    "variant", ["base", "default_user", "no_tz", "uuid_user", "rich_user", "atomic"]
)
def test_migrations_run_forwards_and_back_with_rows(tmp_path: Path, variant: str) -> None:
    status, rows, tables = Project(tmp_path, variant).python(THERE_AND_BACK)
    assert status == [200, 200, 401]
    assert rows == 2
    assert [OURS in names for names in tables] == [True, False, False, True]
    assert not any(SWAPPED in names for names in tables)


def test_migrations_run_forwards_and_back_with_rows_of_a_swapped_model(tmp_path: Path) -> None:
    status, rows, tables = Project(tmp_path, "swapped").python(THERE_AND_BACK)
    assert status == [200, 200, 401]
    assert rows == 2
    # The package has no table here, and its migrations do not touch the project's table.
    assert not any(OURS in names for names in tables)
    assert [SWAPPED in names for names in tables] == [True, True, False, True]


TABLES = """
import json
from django.core.management import call_command
from django.db import connection
call_command("makemigrations", check=True, dry_run=True)
call_command("migrate", verbosity=0)
print(json.dumps(connection.introspection.table_names()))
"""


def test_migrations_work_beside_drfs_tokens(tmp_path: Path) -> None:
    """A project that moves from DRF's tokens has both tables for a while."""
    project = Project(tmp_path, "base", "INSTALLED_APPS += ['rest_framework.authtoken']")
    assert "no issues" in project.manage("check")
    assert {OURS, "authtoken_token"} <= set(project.python(TABLES))


BACKFILL = """
import json
from django.contrib.auth import get_user_model
from drf_token_auth.models import Token
users = get_user_model().objects.all()
print(json.dumps([[Token.objects.get_or_create(user=user)[1] for user in users] for _ in "12"]))
"""


def test_the_app_can_be_added_to_a_project_with_users(tmp_path: Path) -> None:
    before = Project(
        tmp_path,
        "uuid_user",
        "INSTALLED_APPS.remove('drf_token_auth')",
        "INSTALLED_APPS.remove('drf_token_auth.pages')",
        "REST_FRAMEWORK = {}",
        "ROOT_URLCONF = 'rest_framework.urls'",
    )
    before.manage("migrate")
    assert before.python("from tests.conftest import make_user; make_user(); print(1)") == 1
    after = Project(tmp_path, "uuid_user")
    after.manage("migrate")
    assert after.python(BACKFILL) == [[True], [False]]
