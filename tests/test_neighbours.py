"""No neighbour without a test that runs, a page, and a line in the table of versions."""

from __future__ import annotations

import re
from pathlib import Path

from tests.contrib.__main__ import GUIDES, HERE, NEIGHBOURS, OLDEST, PAGE, oldest, packages

ROOT = Path(__file__).parents[1]


def test_every_test_of_a_neighbour_is_run():
    run = {test for one in NEIGHBOURS for test, _ in one.runs}
    assert {path.stem.removeprefix("test_") for path in HERE.glob("test_*.py")} == run


def test_all_settings_are_used():
    used = {settings for one in NEIGHBOURS for _, settings in one.runs}
    assert {path.stem for path in HERE.glob("settings/*.py")} == {*used, "base", "__init__"}


def test_every_guide_is_somebodys():
    guides = {path.stem for path in GUIDES.glob("*.md")} - {"index"}
    assert guides == {one.guide for one in NEIGHBOURS}


def test_every_neighbour_is_in_the_table():
    assert packages(PAGE.read_text("utf-8")) == [one.package for one in NEIGHBOURS]


def test_the_oldest_versions_that_run_are_those_asked_for():
    """All but Django itself, whose versions the matrix has."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    asked = re.findall(
        r'^(?:[\w-]+ = \[| +)"([\w-]+)(?:\[[\w,-]+\])?>=([\d.]+)"', text, re.MULTILINE
    )
    pinned = oldest()
    least = {name: version for name, version in asked if name in pinned}
    assert set(pinned) == {one.package for one in NEIGHBOURS} - {"Django"} == set(least)
    for name, version in pinned.items():
        assert re.fullmatch(rf"{re.escape(least[name])}(\.0)*", version), name
    assert OLDEST.name in (ROOT / "tox.ini").read_text("utf-8")
