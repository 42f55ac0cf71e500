"""Run the tests of every neighbour in a process and a project of its own. List the versions.

``tox run -e contrib`` prints the table of the versions that it ran. It fails if
docs/reference/compatibility.md lacks a package. ``tox run -e contrib -- --write`` updates the page.
``tox run -e contrib -- djoser`` runs the tests of one neighbour.
"""

from __future__ import annotations

import argparse
import platform
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import django

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
GUIDES = DOCS / "how-to" / "neighbours"
PAGE = DOCS / "reference" / "compatibility.md"
OLDEST = HERE / "oldest.txt"
HEAD = """\
# Compatibility

```{search-words} Python version, Django version, supported versions, compatibility
```

This page lists the versions that the package is tested with.

| Django | Python | Django REST framework |
|---|---|---|
| 5.2 | 3.10, 3.11, 3.12, 3.13 | 3.16 and the newest |
| 6.0 | 3.12, 3.13 | 3.16 and the newest |
| 6.1 | 3.12, 3.13 | 3.18 and the newest |

The tests run on SQLite, PostgreSQL and MariaDB. No test runs on Oracle. But a test checks that no
query that locks rows has a LIMIT, because Oracle refuses such a query.

The next table shows the versions of other packages. `tox run -e contrib -- --write` writes the
table after it has run the tests. CI runs the same tests twice and prints the table. One run uses
the newest versions. The other run uses the oldest version of each package, with the oldest Python,
Django and Django REST framework.

"""


class Neighbour(NamedTuple):
    package: str
    guide: str
    # The test tests/contrib/test_….py, and its settings tests/contrib/settings/….py
    runs: tuple[tuple[str, str], ...]


def one(package: str, name: str, guide: str = "") -> Neighbour:
    return Neighbour(package, guide or package, ((name, name),))


NEIGHBOURS = [
    one("drf-spectacular", "spectacular"),
    one("drf-yasg", "yasg"),
    one("djoser", "djoser"),
    Neighbour(
        "dj-rest-auth",
        "dj-rest-auth",
        (
            ("dj_rest_auth", "dj_rest_auth"),
            ("dj_rest_auth", "dj_rest_auth_beside"),  # DRF's own tokens
            ("together", "together"),  # packages that generate schemas
        ),
    ),
    Neighbour("django-axes", "django-axes", (("axes", "axes"), ("axes", "axes_email"))),
    one("drf-standardized-errors", "standardized_errors"),
    one("django-ninja", "ninja"),
    one("channels", "channels"),
    Neighbour(
        "django-allauth",
        "allauth",
        (("allauth", "allauth"), ("allauth_pages", "allauth_pages")),
    ),
    one("adrf", "adrf"),
    one("django-unfold", "unfold"),
    one("django-jazzmin", "jazzmin"),
    Neighbour("celery", "tasks", (("celery", "tasks"),)),
    Neighbour("Django", "tasks", (("django_tasks", "tasks"),)),
    one("mypy", "typing", "typing"),
    one("pyright", "typing", "typing"),
    one("django-stubs", "typing", "typing"),
    one("djangorestframework-stubs", "typing", "typing"),
]

# Packages that change all views, packages for impersonation, and packages that copy every row.
WITHOUT_GUIDE = ["any_project", "audit"]


@cache
def passes(test: str, settings: str) -> bool:
    command = [
        *(sys.executable, "-m", "coverage", "run", "--parallel-mode", "-m", "pytest"),
        *(f"--ds=tests.contrib.settings.{settings}", str(HERE / f"test_{test}.py")),
    ]
    return subprocess.run(command, check=False).returncode == 0


def is_there(neighbour: Neighbour) -> bool:
    """Return whether the neighbour's tests can run. "Django" is django.tasks, new in 6.0."""
    return neighbour.package != "Django" or django.VERSION >= (6, 0)


def oldest() -> dict[str, str]:
    return dict(re.findall(r"^([\w-]+)==([\d.]+)$", OLDEST.read_text("utf-8"), re.MULTILINE))


def table(ran: list[Neighbour]) -> str:
    under = f"Python {platform.python_version()}, Django {version('Django')}"
    under += f", Django REST framework {version('djangorestframework')}:"
    since = {**oldest(), "Django": "6.0"}
    rows = [
        f"| {one.package} | {version(one.package)} | {since[one.package]} "
        f"| [guide](../how-to/neighbours/{one.guide}.md) |"
        for one in ran
    ]
    return "\n".join(
        [under, "", "| neighbour | version | oldest | |", "|---|---|---|---|", *rows, ""]
    )


def packages(page: str) -> list[str]:
    return re.findall(r"^\| ([\w-]+) \| \d", page, re.MULTILINE)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("only", nargs="*")
    arguments = parser.parse_args()
    present = [one for one in NEIGHBOURS if is_there(one)]
    chosen = [one for one in present if not arguments.only or one.package in arguments.only]
    if arguments.write and chosen != NEIGHBOURS:
        parser.error(
            "--write writes one row for each neighbour. Name no neighbour, and use Django 6.0 or "
            "newer."
        )
    ran = [one for one in chosen if all(passes(*run) for run in one.runs)]
    print(table(ran))
    failed = [one.package for one in chosen if one not in ran]
    if not arguments.only:
        failed += [name for name in WITHOUT_GUIDE if not passes(name, name)]
    if failed or not chosen:
        print(f"Failed: {', '.join(failed) or arguments.only}", file=sys.stderr)
        return 1
    if arguments.write:
        PAGE.write_text(HEAD + table(ran), "utf-8")
    missing = {one.package for one in ran} - set(packages(PAGE.read_text("utf-8")))
    if missing:
        print(f"{PAGE.name} lacks {', '.join(missing)}: run with --write.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
