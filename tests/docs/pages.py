"""Read the pages and their code blocks, and compare answers with those that a page shows."""

from __future__ import annotations

import argparse
import re
import shlex
import textwrap
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


class Block(NamedTuple):
    page: Path
    section: str
    line: int
    language: str
    text: str

    @property
    def file(self) -> str | None:
        """The path in the block's first line, or None."""
        named = re.match(r"# ([\w/]+\.py)\n", self.text)
        return named[1] if named else None

    def __str__(self) -> str:
        return f"{name_of(self.page)}:{self.line}"


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> Iterator[Block]:
    lines = iter(enumerate(page.read_text("utf-8").splitlines(), 1))
    section = ""
    for number, line in lines:
        if line.startswith("## "):
            section = line
        opening = re.fullmatch(r" *```(.*)", line)
        if opening:
            text = ""
            for _, inner in lines:
                if inner.strip() == "```":
                    break
                text += f"{inner}\n"
            # Leave out directives such as {toctree}. Only Sphinx reads them.
            if not opening[1].startswith("{"):
                yield Block(page, section, number, opening[1], textwrap.dedent(text))


def fits(shown: Any, got: Any) -> bool:
    """Return whether the answer fits the page.

    A page's ``…`` stands for any text, a date for any date, and an integer for any integer.
    """
    if isinstance(shown, dict):
        return (
            isinstance(got, dict)
            and list(got) == list(shown)
            and all(fits(shown[name], got[name]) for name in shown)
        )
    if isinstance(shown, list):
        return isinstance(got, list) and len(got) == len(shown) and all(map(fits, shown, got))
    if isinstance(shown, str) and isinstance(got, str):
        if is_date(shown):
            return is_date(got)
        return re.fullmatch(re.escape(shown).replace("…", ".*"), got) is not None
    if type(shown) is int:
        return type(got) is int
    return bool(shown == got)


def is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return False
    return True


def curl_lines(block: Block) -> Iterator[tuple[str, str, list[str], str]]:
    """Yield the method, the path, the header lines and the body of each curl line."""
    for line in block.text.replace("\\\n", " ").splitlines():
        if line.startswith("curl "):
            parser = argparse.ArgumentParser()
            parser.add_argument("url")
            parser.add_argument("-X", dest="method")
            parser.add_argument("-H", dest="headers", action="append", default=[])
            parser.add_argument("-d", dest="body", default="")
            parser.add_argument("-w", dest="after_the_answer")
            parser.add_argument("-i", dest="with_headers", action="store_true")
            curl = parser.parse_args(shlex.split(line)[1:])
            method = curl.method or ("POST" if curl.body else "GET")
            path = re.sub(r"https?://[^/]+", "", curl.url)
            yield method, path, curl.headers, curl.body
