"""The migration of docs/moving-in/code.md for a proxy of the old token model."""

from __future__ import annotations

import re
from pathlib import Path

from tests.projects_on_disk import ROOT, Project

OLD = """
from rest_framework.authtoken.models import Token


class ApiKey(Token):
    class Meta:
        proxy = True
"""
NEW = OLD.replace("rest_framework.authtoken.models", "drf_token_auth.models")
INSTALLED = 'INSTALLED_APPS = [*INSTALLED_APPS, "rest_framework.authtoken", "accounts"]'


def recipe() -> str:
    page = (ROOT / "docs/moving-in/code.md").read_text("utf-8")
    (block,) = re.findall(r"```python\n# accounts/migrations/\w+\.py\n(.*?)```", page, re.DOTALL)
    return str(block).replace("0006_apikey", "0001_initial")


def test_the_proxy_moves_to_our_table(tmp_path: Path) -> None:
    app = tmp_path / "accounts"
    (app / "migrations").mkdir(parents=True)
    (app / "__init__.py").touch()
    (app / "migrations/__init__.py").touch()
    (app / "models.py").write_text(OLD, "utf-8")
    project = Project(tmp_path, "default_user", INSTALLED)
    project.manage("makemigrations", "accounts", "--verbosity=0")
    project.manage("migrate", "--verbosity=0")

    (app / "models.py").write_text(NEW, "utf-8")
    (app / "migrations/0002_apikey_of_drf_token_auth.py").write_text(recipe(), "utf-8")
    project.manage("migrate", "--verbosity=0")
    project.manage("makemigrations", "--check", "--dry-run")
    assert (
        project.python(
            """
import json
from accounts.models import ApiKey
from django.contrib.auth import get_user_model

user = get_user_model().objects.create_user("ada")
key = ApiKey.objects.create(user=user).key
print(json.dumps(ApiKey.objects.from_key(key).user.username))
"""
        )
        == "ada"
    )
