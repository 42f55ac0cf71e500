"""Each neighbour has a test that runs, a page, and a line in the table of versions."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.contrib.__main__ import (
    GUIDES,
    HERE,
    NEIGHBOURS,
    OLDEST,
    PAGE,
    WITHOUT_GUIDE,
    oldest,
    packages,
)

ROOT = Path(__file__).parents[2]


def test_every_test_of_a_neighbour_is_run():
    run = {test for one in NEIGHBOURS for test, _ in one.runs}
    assert {path.stem.removeprefix("test_") for path in HERE.glob("test_*.py")} == {
        *run,
        *WITHOUT_GUIDE,
    }


def test_all_settings_are_used():
    used = {settings for one in NEIGHBOURS for _, settings in one.runs}
    assert {path.stem for path in HERE.glob("settings/*.py")} == {
        *used,
        *WITHOUT_GUIDE,
        "base",
        "__init__",
    }


# A neighbour's test needs these settings, but its guide does not tell every reader to set them.
VARIATIONS = {
    "allauth": {"INSTALLED_APPS", "ACCOUNT_LOGIN_BY_CODE_ENABLED"},  # a second factor, a code
    # allauth's own instructions for a site. Our guide is about its headless API.
    "allauth_pages": {
        "AUTHENTICATION_BACKENDS",
        "INSTALLED_APPS",
        "LOGIN_URL",
        "MIDDLEWARE",
        "REST_FRAMEWORK",
        "ROOT_URLCONF",
        "USERSESSIONS_ADAPTER",
    },
    "axes_email": {"INSTALLED_APPS", "AUTH_USER_MODEL"},
    "dj_rest_auth": {"INSTALLED_APPS"},  # for the second factor, which dj-rest-auth 7.1 lacks
    "dj_rest_auth_beside": {"INSTALLED_APPS", "REST_FRAMEWORK", "DRF_TOKEN_AUTH"},
    "spectacular": {"INSTALLED_APPS", "REST_FRAMEWORK"},
    "together": {"ROOT_URLCONF"},
    "unfold": {"INSTALLED_APPS"},  # for an app with the page's admin.py
}


def test_each_setting_of_a_test_is_on_its_page():
    for path in HERE.glob("settings/*.py"):
        if path.stem not in ("base", *WITHOUT_GUIDE):
            set_here = {
                name.id
                for node in ast.walk(ast.parse(path.read_text("utf-8")))
                if isinstance(node, ast.Assign | ast.AugAssign)
                for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
                for name in ast.walk(target)
                if isinstance(name, ast.Name) and name.id.isupper()
            }
            assert set_here == VARIATIONS.get(path.stem, set()), path.name


def test_every_guide_belongs_to_a_neighbour():
    guides = {path.stem for path in GUIDES.glob("*.md")} - {"index"}
    assert guides == {one.guide for one in NEIGHBOURS}


def test_every_neighbour_is_in_the_table():
    assert packages(PAGE.read_text("utf-8")) == [one.package for one in NEIGHBOURS]


def test_the_extras_are_those_that_the_index_names():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    table = text.partition("[project.optional-dependencies]\n")[2].partition("\n[")[0]
    extras = re.findall(r"^([\w-]+) = ", table, re.MULTILINE)
    index = (GUIDES / "index.md").read_text("utf-8")
    paragraph = next(one for one in index.split("\n\n") if one.startswith("An extra installs"))
    assert re.findall(r"`([\w-]+)`", paragraph) == extras == sorted(extras)
    installed = (ROOT / "tox.ini").read_text("utf-8").partition("\nextras =")[2]
    assert re.findall(r"[\w-]+", installed.partition("\ncommands")[0]) == extras


def test_the_oldest_tested_versions_are_those_that_pyproject_asks_for():
    """Django is left out, because the matrix has its versions."""
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
