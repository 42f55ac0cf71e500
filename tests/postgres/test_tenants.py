"""django-tenants: one schema for each tenant. All tenants share the users, or each has its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.projects_on_disk import Project

NAME = "dta_tenants"

SETTINGS = """
SHARED = ["django_tenants", "people", "django.contrib.contenttypes"]
USERS = ["django.contrib.auth", "rest_framework.authtoken", "drf_token_auth"]
TENANT_MODEL, TENANT_DOMAIN_MODEL = "people.Client", "people.Domain"
SHARED_APPS, TENANT_APPS = {apps}
INSTALLED_APPS = [*SHARED, "rest_framework", *USERS]
AUTH_USER_MODEL = "auth.User"
MIDDLEWARE = ["django_tenants.middleware.main.TenantMainMiddleware"]
DATABASES["default"] |= {{"ENGINE": "django_tenants.postgresql_backend", "NAME": "{name}"}}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = PUBLIC_SCHEMA_URLCONF = "project_urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = []
# A rate by the minute would begin again if the minute ended during the test.
DRF_TOKEN_AUTH = {{"LOGIN_RATES": {{"address": None, "account": "10/day"}}}}
"""
SHARED_USERS = "SHARED + USERS, ['django.contrib.contenttypes']"
OWN_USERS = "SHARED, ['django.contrib.contenttypes'] + USERS"
URLS = """
from django.urls import include, path
urlpatterns = [path("auth/", include("drf_token_auth.urls"))]
"""
MODELS = """
from django.db import models
from django_tenants.models import DomainMixin, TenantMixin

class Client(TenantMixin):
    name = models.CharField(max_length=100)

class Domain(DomainMixin):
    pass
"""
TENANTS = """
import json
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from people.models import Client, Domain
call_command("migrate_schemas", verbosity=0)
for name in ("public", "blue", "red"):
    tenant = Client.objects.create(schema_name=name, name=name)
    Domain.objects.create(domain=name + ".test", tenant=tenant, is_primary=True)

def post(tenant, path, data=None, **extra):
    return Browser(SERVER_NAME=tenant + ".test").post("/auth/" + path, data or {}, **extra)

def log_in(tenant, address, name="ada"):
    data = {"username": name, "password": "wrong"}
    return post(tenant, "login/", data, REMOTE_ADDR="10.0.0.%d" % address).status_code
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    url = settings.DATABASES["default"]
    host = url["HOST"] or "127.0.0.1"
    project = Project(tmp_path)
    project.env["DATABASE_URL"] = f"postgres://{host}:{url['PORT'] or 5432}/{NAME}"
    (tmp_path / "project_urls.py").write_text(URLS)
    people = tmp_path / "people"
    people.mkdir()
    (people / "__init__.py").touch()
    (people / "models.py").write_text(MODELS)
    return project


def tenants(project: Project, apps: str, script: str) -> object:
    lines = "from tests.settings.base import *\n" + SETTINGS.format(apps=apps, name=NAME)
    (project.home / "project_settings.py").write_text(lines)
    project.manage("makemigrations", "people")
    return project.python(TENANTS + script)


@pytest.fixture(autouse=True)
def _database(transactional_db: None) -> Iterator[None]:
    """Create the database of the project, and drop it after the test."""
    drop = f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)"
    with connection.cursor() as cursor:
        cursor.execute(drop)
        cursor.execute(f"CREATE DATABASE {NAME}")
        yield
        cursor.execute(drop)


def test_a_logout_at_a_tenant_deletes_the_old_row_in_the_shared_schema(project: Project) -> None:
    assert tenants(
        project,
        SHARED_USERS,
        """
from rest_framework.authtoken.models import Token as Old
from drf_token_auth.models import Token
connection.set_schema_to_public()
old = Old.objects.create(user=get_user_model().objects.create_user("ada")).key
connection.set_schema("blue")
call_command("import_tokens", "authtoken", verbosity=0)
status = post("blue", "logout/", headers={"authorization": "Token " + old}).status_code
connection.set_schema_to_public()
print(json.dumps([status, Token.objects.count(), Old.objects.count()]))
""",
    ) == [204, 0, 0]


def test_each_tenant_counts_the_logins_of_its_own_users(project: Project) -> None:
    found = tenants(
        project,
        OWN_USERS,
        """
for tenant in ("blue", "red"):
    connection.set_schema(tenant)
    get_user_model().objects.create_user("ada")
tries = [[log_in("blue", n, name) for n in range(11)][-1] for name in ("ada", "nobody")]
print(json.dumps(tries + [log_in("red", 1, name) for name in ("ada", "nobody")]))
""",
    )
    assert found == [429, 429, 400, 400]


def test_shared_users_have_one_count_at_all_tenants(project: Project) -> None:
    found = tenants(
        project,
        SHARED_USERS,
        """
connection.set_schema_to_public()
get_user_model().objects.create_user("ada")
tries = [[log_in("blue", n, name) for n in range(11)][-1] for name in ("ada", "nobody")]
print(json.dumps(tries + [log_in("red", 1, name) for name in ("ada", "nobody")]))
""",
    )
    assert found == [429, 429, 429, 429]
