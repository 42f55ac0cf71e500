"""The error for an import from the wrong module, or at the wrong time, says what to write."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import drf_token_auth
from tests.projects_on_disk import Project


@pytest.mark.parametrize("name", drf_token_auth._ELSEWHERE)
def test_an_import_from_the_package_says_the_line_to_write(name: str) -> None:
    with pytest.raises(ImportError) as raised:
        exec(f"from drf_token_auth import {name}")
    line = str(raised.value).removeprefix("Write: ")
    module = importlib.import_module(line.split()[1])
    assert hasattr(module, name)


def test_python_raises_its_own_error_for_any_other_name() -> None:
    assert not hasattr(drf_token_auth, "Colour")
    with pytest.raises(ImportError, match="cannot import name 'Colour'"):
        exec("from drf_token_auth import Colour")


@pytest.mark.parametrize("module", ["authentication", "models", "urls", "views"])
def test_an_import_in_the_settings_says_what_to_write(tmp_path: Path, module: str) -> None:
    line = f"import drf_token_auth.{module}"
    done = Project(tmp_path, "default_user", line).run("-m", "django", "check")
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(
        "django.core.exceptions.AppRegistryNotReady: Apps aren't loaded yet, so "
    )
    assert "In settings.py, write the dotted path" in last


def test_an_import_in_the_init_of_an_app_says_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("from drf_token_auth.models import Token\n")
    line = 'INSTALLED_APPS = ["shop", *INSTALLED_APPS]'
    done = Project(tmp_path, "default_user", line).run("-m", "django", "check")
    assert "import it inside AppConfig.ready()" in done.stderr.strip().splitlines()[-1]


def test_the_type_of_the_settings_can_be_imported_in_the_settings(tmp_path: Path) -> None:
    line = "from drf_token_auth.conf import TokenAuthSettings"
    Project(tmp_path, "default_user", line).assert_no_errors()
