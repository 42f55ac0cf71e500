"""Run type checkers over tests/typing_consumer and over the guide's code."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contrib.pages import BLOCK, GUIDES

CONSUMER = Path(__file__).parents[1] / "typing_consumer"
CHECKERS = {
    "mypy": [sys.executable, "-m", "mypy", "--config-file", "plain.ini"],
    "mypy with Django's plugin": [sys.executable, "-m", "mypy", "--config-file", "plugin.ini"],
    "pyright": [sys.executable, "-m", "pyright", "--pythonpath", sys.executable],
}


@pytest.fixture(params=CHECKERS)
def check(request: pytest.FixtureRequest, tmp_path: Path) -> object:
    """Return a function that writes files into a copy of the project, and checks the copy."""

    def check(files: dict[str, str]) -> subprocess.CompletedProcess[str]:
        project = tmp_path / "project"
        shutil.copytree(CONSUMER, project, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        for name, text in files.items():
            (project / name).parent.mkdir(exist_ok=True)
            (project / name).write_text(text, "utf-8")
        command = CHECKERS[request.param]
        return subprocess.run(command, cwd=project, check=False, capture_output=True, text=True)

    return check


def test_the_types_of_a_project_are_right(check) -> None:
    ran = check({})
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_types_of_the_guide_are_right(check) -> None:
    pasted = dict(BLOCK.findall((GUIDES / "typing.md").read_text("utf-8")))
    assert set(pasted) == {"mysite/settings", "notes/views", "notes/tokens"}
    ran = check({f"shop/{name.rpartition('/')[2]}_2.py": text for name, text in pasted.items()})
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_mistake_is_found(check) -> None:
    wrong = (
        "from .models import ApiToken\n\nnames: list[int] = [ApiToken.objects.usable()[0].name]\n"
    )
    ran = check({"shop/wrong.py": wrong})
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "wrong.py" in ran.stdout
