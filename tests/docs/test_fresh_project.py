"""The settings and the URLs on some pages work in a project that ``startproject`` has just made.

The other tests of the pages use the project of the tests, which has other apps.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.docs.pages import DOCS, blocks

TRY = """
import django, os
os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.settings"
django.setup()
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.shortcuts import resolve_url
from django.test import Client
call_command("check", fail_level="WARNING")
call_command("migrate", verbosity=0)
client = Client(headers={"host": "localhost"})
page = client.get(resolve_url(settings.LOGIN_URL))
assert page.status_code == 200, page.status_code
client.force_login(get_user_model().objects.create_user("ada"))
page = client.get("/account/", follow=True)
assert "<h1" in page.text, page.status_code
print("works")
"""


FILES = ("settings.py", "urls.py")


@pytest.mark.parametrize("page", ["how-to/pages.md", "how-to/your-api-key.md"])
def test_the_first_blocks_of_the_page_work(page: str, tmp_path: Path) -> None:
    call_command("startproject", "mysite", str(tmp_path))
    for name in FILES:
        paste(
            tmp_path,
            name,
            [
                next(one.text for one in blocks(DOCS / source) if Path(one.file or "").name == name)
                for source in ("install.md", page)
            ],
        )
    assert_works(tmp_path)


def test_the_settings_and_urls_of_the_readme_work(tmp_path: Path) -> None:
    call_command("startproject", "mysite", str(tmp_path))
    for name in FILES:
        shown = [one.text for one in blocks(DOCS.parent / "README.md") if one.file == name]
        assert len(shown) == 2
        paste(tmp_path, name, shown)
    assert_works(tmp_path)


def paste(project: Path, name: str, shown: list[str]) -> None:
    file = project / "mysite" / name
    file.write_text("\n".join([file.read_text("utf-8"), *shown]), "utf-8")


def assert_works(project: Path) -> None:
    command = [sys.executable, "-c", TRY]
    done = subprocess.run(
        command, check=False, cwd=project, capture_output=True, text=True, timeout=120
    )
    assert "works" in done.stdout, done.stderr
