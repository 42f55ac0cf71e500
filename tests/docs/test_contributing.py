"""The map of the code is complete: each file on it exists, and each room is on it."""

from __future__ import annotations

import re
from pathlib import Path

import drf_token_auth
from tests.docs.pages import DOCS, ROOT

PACKAGE = Path(drf_token_auth.__file__).parent
ARCHITECTURE = (DOCS / "contributing" / "architecture.md").read_text("utf-8")


def test_every_file_that_is_named_is_there() -> None:
    named = re.findall(r"`([\w./-]+(?:\.(?:py|md|toml)|/))`", ARCHITECTURE)
    assert len(named) > 60
    missing = [
        name for name in named if not (PACKAGE / name).exists() and not (ROOT / name).exists()
    ]
    assert missing == []


def test_every_room_is_on_the_map() -> None:
    rooms = ARCHITECTURE.partition("## The rooms")[2].partition("\n## ")[0]
    there = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in PACKAGE.iterdir()
        if path.name not in ("__init__.py", "__pycache__", "py.typed")
    }
    assert {room for room in there if f"`{room}`" not in rooms} == set()


def test_twenty_questions_are_answered() -> None:
    answers = re.findall(r"^\| (.+\?) \| (.+) \|$", ARCHITECTURE, re.MULTILINE)
    assert len(answers) >= 20
    assert [question for question, answer in answers if "`" not in answer] == []
