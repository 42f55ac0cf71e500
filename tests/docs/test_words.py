"""The texts are in plain English: one word for one thing, and short sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import drf_token_auth
from tests.docs.pages import PAGES, ROOT, name_of
from tests.docs.prose import docstrings, prose_of_page, sentences

PACKAGE = Path(drf_token_auth.__file__).parent
RETIRED = re.compile(
    r"\b(whoever|somebody|wish|wishes|maker|the once|die|dies|dying|dead|alive|lives|revives?)\b",
    re.IGNORECASE,
)
OPENINGS = re.compile(r"(Of|Whom|Whose|Whoever) (?!course)")
LONGEST = 33
PROSE = [ROOT / "SECURITY.md", *PAGES]


# The page of terms must name the retired words.
@pytest.mark.parametrize("page", [one for one in PROSE if one.name != "terms.md"], ids=name_of)
def test_a_page_has_none_of_the_retired_words(page: Path) -> None:
    prose = prose_of_page(page.read_text("utf-8"))
    assert [one for one in sentences(prose) if RETIRED.search(one) or OPENINGS.match(one)] == []


# The test finds sentences by their capital letters. Korean has none.
ENGLISH = [page for page in PROSE if page.parent.name != "ko"]


@pytest.mark.parametrize("page", ENGLISH, ids=name_of)
def test_a_page_has_no_long_sentence(page: Path) -> None:
    prose = prose_of_page(page.read_text("utf-8"))
    assert [one for one in sentences(prose) if len(one.split()) > LONGEST] == []


FOLDERS = [PACKAGE, ROOT / "tests", ROOT / "benchmarks", ROOT / "example_project"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_docstring_has_none_of_the_retired_words(folder: Path) -> None:
    found = [
        f"{path.relative_to(folder)}:{line} {one}"
        for path in sorted(folder.rglob("*.py"))
        for line, text in docstrings(path)
        for one in sentences(text)
        if RETIRED.search(one) or OPENINGS.match(one)
    ]
    assert found == []
