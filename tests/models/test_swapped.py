"""A project with its own token model: all steps of a token, and mistakes in the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.projects_on_disk import Project

# All code of the package uses ApiToken. models.Token is swapped out, so a query on it fails.
WHOLE_JOB = """
import json
from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

import drf_token_auth
from drf_token_auth import models, operations, signals
from drf_token_auth.authentication import ExpiringTokenAuthentication
from drf_token_auth.base_models import AbstractToken
from tests.conftest import PASSWORD, make_user
from tests.projects.apitokens.models import ApiToken

call_command("migrate", verbosity=0)
said = {}
model = drf_token_auth.get_token_model()
said["model"] = model is ApiToken and issubclass(ApiToken, AbstractToken)
said["authenticator"] = ExpiringTokenAuthentication().get_model() is ApiToken
try:
    models.Token.objects.count()
except AttributeError as error:
    said["swapped out"] = str(error)

user = make_user()
senders = []
signals.token_created.connect(lambda sender, **kwargs: senders.append(sender), weak=False)

def device(key):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client

def purge():
    out = StringIO()
    call_command("purge_expired_tokens", stdout=out)
    return out.getvalue()

login = APIClient().post("/auth/login/", {"username": user.get_username(), "password": PASSWORD})
phone = device(login.json()["token"])
said["login"] = login.status_code
said["echo"] = phone.get("/echo/").json() == {
    "user": user.get_username(), "token": login.json()["id"]
}
with CaptureQueriesContext(connection) as asked:
    phone.get("/echo/")
said["queries"] = len(asked)

own = ApiToken.objects.create(user=user, team="ops")
said["own column"] = [
    ApiToken.objects.from_key(own.key).team,
    ExpiringTokenAuthentication().authenticate_credentials(own.key)[1].team,
]
said["key in text"] = own.key in f"{own} {own!r}"
said["reverse"] = user.apitokens_apitoken_set.count()
said["backfill"] = ApiToken.objects.get_or_create(user=user)[1]
operations.issue(user, kind="personal", name="script")
out = StringIO()
call_command("create_token", user.get_username(), stdout=out)
said["command"] = device(out.getvalue().strip()).get("/echo/").status_code
said["tokens"] = phone.get("/auth/tokens/").json()["count"]
rotated = phone.post("/auth/token/rotate/").json()["token"]
phone = device(rotated)
said["rotated"] = phone.get("/echo/").status_code
said["senders"] = sorted({sender.__name__ for sender in senders})
said["logout"] = [phone.post("/auth/logout/").status_code, phone.get("/echo/").status_code]
said["everywhere"] = [
    device(own.key).post("/auth/logout/all/", {"personal": True}).status_code,
    ApiToken.objects.count(),
]
past = timezone.now() - timedelta(seconds=1)
ApiToken.objects.bulk_create([ApiToken(user=user, expires_at=past, team="old") for _ in range(3)])
said["purge"] = [purge(), ApiToken.objects.count()]
print(json.dumps(said))
"""


def test_all_operations_use_the_projects_model(tmp_path: Path) -> None:
    said: dict[str, Any] = Project(tmp_path, "swapped").python(WHOLE_JOB)
    assert "apitokens.ApiToken" in said.pop("swapped out")
    assert said.pop("purge") == ["3 expired tokens deleted.\n", 0]
    assert said == {
        "model": True,
        "authenticator": True,
        "login": 200,
        "echo": True,
        "queries": 1,
        "own column": ["ops", "ops"],
        "key in text": False,
        "reverse": 2,
        "backfill": False,
        "command": 200,
        "tokens": 4,
        "rotated": 200,
        "senders": ["ApiToken"],
        "logout": [204, 401],
        "everywhere": [204, 0],
    }


def test_a_project_with_another_token_model_passes_its_checks(tmp_path: Path) -> None:
    project = Project(tmp_path, "swapped")
    assert "no issues" in project.manage("check")
    assert "No changes detected" in project.manage("makemigrations", "--check", "--dry-run")


ADMIN = """
import json
from django.contrib import admin
print(json.dumps(sorted(model._meta.label for model in admin.site._registry)))
"""


def test_the_admin_has_only_the_projects_model(tmp_path: Path) -> None:
    registered = Project(tmp_path, "swapped").python(ADMIN)
    assert "apitokens.ApiToken" in registered
    assert "drf_token_auth.Token" not in registered


@pytest.mark.parametrize(
    ("named", "id_"),
    [
        ("apitokens.Nothing", "drf_token_auth.E005"),
        ("nowhere.ApiToken", "drf_token_auth.E005"),
        ("nonsense", "drf_token_auth.E005"),
        ("", "drf_token_auth.E005"),
        ("auth.Group", "drf_token_auth.E006"),
    ],
)
def test_a_wrong_token_model_is_an_error_of_check(tmp_path: Path, named: str, id_: str) -> None:
    project = Project(tmp_path, "swapped", f"DRF_TOKEN_AUTH_TOKEN_MODEL = {named!r}")
    said = project.refuse("check")
    assert id_ in said
    assert "DRF_TOKEN_AUTH_TOKEN_MODEL" in said


def test_a_misspelt_setting_of_the_model_is_an_error_of_check(tmp_path: Path) -> None:
    project = Project(
        tmp_path,
        "swapped",
        "del DRF_TOKEN_AUTH_TOKEN_MODEL",
        "DRF_TOKEN_AUTH = {'TOKEN_MODEL': 'apitokens.ApiToken'}",
    )
    said = project.refuse("check")
    assert "drf_token_auth.E002" in said


FOREIGN_KEY = """
from django.db import models

class Note(models.Model):
    token = models.ForeignKey({to}, models.CASCADE)
"""


@pytest.mark.parametrize("to_swapped_out", [True, False])
def test_a_foreign_key_must_name_the_setting_of_the_token_model(
    tmp_path: Path, to_swapped_out: bool
) -> None:
    to = "'drf_token_auth.Token'" if to_swapped_out else "settings.DRF_TOKEN_AUTH_TOKEN_MODEL"
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "__init__.py").touch()
    (notes / "models.py").write_text(
        f"from django.conf import settings\n{FOREIGN_KEY.format(to=to)}", "utf-8"
    )
    project = Project(tmp_path, "swapped", "INSTALLED_APPS += ['notes']")
    if to_swapped_out:
        assert "drf_token_auth.E007" in project.refuse("check")
    else:
        assert "no issues" in project.manage("check")
