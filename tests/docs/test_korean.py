"""The Korean pages have the same code as the English pages, and are not older."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The index has no English page. It leads to the Korean pages.
PAGES = [
    *(page for page in sorted((ROOT / "docs" / "ko").glob("*.md")) if page.stem != "index"),
    ROOT / "README.ko.md",
]
# The first line of a page names its English page and the digest of the translated text.
MARK = re.compile(r"(?:% |<!-- )(\S+\.md) ([0-9a-f]{16})(?: -->)?\n")
DIRECTIVE = re.compile(r"^(`{3,})\{.*?^\1$", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def english_of(page: Path) -> tuple[Path, str]:
    mark = MARK.match(page.read_text("utf-8"))
    assert mark is not None, f"{page.name} does not begin with its English page and a digest"
    return ROOT / mark[1], mark[2]


def blocks(page: Path) -> list[str]:
    return BLOCK.findall(DIRECTIVE.sub("", page.read_text("utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_english_page_has_not_changed_since(page: Path) -> None:
    english, translated = english_of(page)
    now = hashlib.sha256(english.read_bytes()).hexdigest()[:16]
    assert now == translated, (
        f"{english.name} has changed. Translate the change in {page.relative_to(ROOT)}, "
        f"then write {now} into its first line."
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_is_the_code_of_the_english_page(page: Path) -> None:
    """The tests of the English page run every block, so they run the Korean ones too."""
    english, _ = english_of(page)
    assert blocks(page) == blocks(english)
