"""The pages about settings and URLs work in a project that ``startproject`` has just made.

The other tests of the pages run their blocks in the project of the tests, which has other apps.
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
from django.core.management import call_command
from django.shortcuts import resolve_url
from django.test import Client
call_command("check", fail_level="WARNING")
call_command("migrate", verbosity=0)
page = Client(headers={"host": "localhost"}).get(resolve_url(settings.LOGIN_URL))
assert page.status_code == 200, page.status_code
print("works")
"""


@pytest.mark.parametrize("page", ["how-to/pages.md", "how-to/your-api-key.md"])
def test_the_first_blocks_of_the_page_work(page: str, tmp_path: Path) -> None:
    call_command("startproject", "mysite", str(tmp_path))
    for name in ("settings.py", "urls.py"):
        file = tmp_path / "mysite" / name
        shown = [
            next(one.text for one in blocks(DOCS / source) if Path(one.file or "").name == name)
            for source in ("install.md", page)
        ]
        file.write_text("\n".join([file.read_text("utf-8"), *shown]), "utf-8")
    command = [sys.executable, "-c", TRY]
    done = subprocess.run(
        command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert "works" in done.stdout, done.stderr
