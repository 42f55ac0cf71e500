"""The core works alone: delete the other folders from a copy, and run the core's tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PERIPHERY = [
    "admin",
    "checks",
    "contrib",
    "importers",
    "leaks",
    "management",
    "pages",
    "static",
    "templates",
]
CORE = ["authentication", "keys", "lookup", "models", "operations", "passwords", "views"]
# Leave these tests out: each also uses the admin, a command, a check or the pages.
NOT_CORE = "not admin and not command and not TestPages and not pepper_equal_to_secret_key"
DESELECTED = [
    "tests/keys/test_peppers.py::test_a_misconfigured_pepper_is_a_check_error",
    "tests/models/test_migrations.py",
    "tests/models/test_swapped.py",
    "tests/views/test_other_models.py",
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    package = tmp_path / "src" / "drf_token_auth"
    shutil.copytree(
        ROOT / "src" / "drf_token_auth", package, ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in PERIPHERY:
        path = package / name
        path.unlink() if path.is_file() else shutil.rmtree(path)
    shutil.copytree(
        ROOT / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_core_passes_its_tests_alone(copy: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings.core_alone",
        "PYTHONPATH": os.pathsep.join([str(copy / "src"), str(copy)]),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "auto"]
    command += ["-k", NOT_CORE, *(f"--deselect={name}" for name in DESELECTED)]
    done = subprocess.run(
        [*command, *(f"tests/{room}" for room in CORE)],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 1000
