"""The Korean pages have the code of the English pages, are up to date, and keep to terms.md."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from tests.test_translations import APPS, ENTRIES

ROOT = Path(__file__).parents[2]
# The index has no English page. It leads to the Korean pages.
PAGES = [
    *(page for page in sorted((ROOT / "docs" / "ko").glob("*.md")) if page.stem != "index"),
    ROOT / "README.ko.md",
]
# The first line of a page has its English page, and the digest of the translated English text.
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
def test_the_english_page_has_not_changed_since_the_translation(page: Path) -> None:
    english, translated = english_of(page)
    now = hashlib.sha256(english.read_bytes()).hexdigest()[:16]
    assert now == translated, (
        f"{english.name} has changed. Translate the change in {page.relative_to(ROOT)}, "
        f"then write {now} into its first line."
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_is_the_code_of_the_english_page(page: Path) -> None:
    """Other tests run the blocks of the English page. So they also cover the Korean page."""
    english, _ = english_of(page)
    assert blocks(page) == blocks(english)


TERMS = (ROOT / "docs" / "contributing" / "terms.md").read_text("utf-8")
RETIRED = re.findall(r"\*\*([가-힣 ]+)\*\*", TERMS)
# In 합니다체, only 세요 and 주세요 end in 요. "필요" is a noun.
OTHER_STYLE = re.compile(
    r"(?<![세필])요(?=[.?!:]|$)|[가-힣](?:한|었|았|있|없)다(?=[.?!]|$)", re.MULTILINE
)
TEXTS = [
    *((page.name, page.read_text("utf-8")) for page in (*PAGES, ROOT / "docs" / "ko" / "index.md")),
    *((f"{app.name}/locale", "\n".join(ko for _, _, ko in ENTRIES[app])) for app in APPS),
]
each_text = pytest.mark.parametrize(
    "text", [text for _, text in TEXTS], ids=[name for name, _ in TEXTS]
)


def without_search_words(text: str) -> str:
    """Leave out the search words. Readers also search for words that the pages do not use."""
    return re.sub(r"^```\{search-words\}.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


@each_text
def test_a_thing_has_one_korean_word(text: str) -> None:
    assert len(RETIRED) > 10
    lines = without_search_words(text).splitlines()
    assert [line for line in lines if any(word in line for word in RETIRED)] == []


@each_text
def test_a_sentence_has_the_formal_polite_ending(text: str) -> None:
    prose = BLOCK.sub("", without_search_words(text))
    assert [line for line in prose.splitlines() if OTHER_STYLE.search(line)] == []


def test_a_heading_has_the_message_in_both_languages() -> None:
    """A site in Korean shows the Korean message, and readers search for the text that they see."""
    page = (ROOT / "docs" / "ko" / "troubleshooting.md").read_text("utf-8")
    headings = re.findall(r"^## .+", page, re.MULTILINE)
    korean = {english: ko for app in APPS for _, english, ko in ENTRIES[app]}
    shown = [
        (one, korean[text])
        for one in headings
        for text in re.findall(r'"(.+?)"', one)
        if text in korean
    ]
    assert len(shown) >= 3
    assert [one for one, ko in shown if ko not in one] == []
