"""Whole projects in their own processes, for settings that a running process cannot change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import drf_token_auth

ROOT = Path(__file__).parents[1]
# The folder from which this process imports the package: the checkout, or an installed copy.
PACKAGE = Path(drf_token_auth.__file__).parents[1]


class Project:
    """A project with settings from tests/settings, more lines, and a database in a file."""

    def __init__(self, home: Path, variant: str = "base", *lines: str) -> None:
        self.home = home
        settings = [f"from tests.settings.{variant} import *", *lines]
        (home / "project_settings.py").write_text("\n".join(settings) + "\n", "utf-8")
        self.env = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{home / 'db.sqlite3'}",
            "DJANGO_SETTINGS_MODULE": "project_settings",
            "PYTHONPATH": os.pathsep.join([str(home), str(ROOT), str(PACKAGE)]),
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", *arguments],
            cwd=self.home,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )

    def manage(self, *arguments: str) -> str:
        """Run a command that must succeed. Return its output."""
        done = self.run("-m", "django", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def assert_no_errors(self) -> None:
        """Run manage.py check, which fails if there is an error."""
        done = self.run("-m", "django", "check")
        assert done.returncode == 0, done.stdout + done.stderr

    def refuse(self, *arguments: str) -> str:
        """Run a command that must fail without a traceback. Return its error output."""
        done = self.run("-m", "django", *arguments)
        assert done.returncode != 0, done.stdout
        assert "Traceback" not in done.stderr, done.stderr[-500:]
        return done.stderr

    def python(self, script: str) -> Any:
        """Run a script. Return the JSON that it prints last."""
        done = self.run("-c", f"import django; django.setup()\n{script}")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])
