"""Search the index of a built site, as Sphinx's ``searchtools.js`` does in the browser.

Only the search for objects of Python domains is left out: the site has none.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sphinx.search.en import SearchEnglish

TITLE, PART_OF_TITLE, TERM, PART_OF_TERM, INDEX_ENTRY = 15, 7, 5, 2, 100


class Search:
    def __init__(self, site: Path) -> None:
        text = (site / "searchindex.js").read_text("utf-8")
        self.index: dict[str, Any] = json.loads(text.removeprefix("Search.setIndex(")[:-1])
        assert not self.index["objects"]
        self.language = SearchEnglish({})

    def first(self, query: str) -> str | None:
        """Return the name of the page that stands first for this query."""
        asked = query.lower().strip()
        scored = [*self.by_title(asked), *self.by_entry(asked), *self.by_words(asked)]
        # Equal scores are in the order of the titles.
        ranked = sorted(scored, key=lambda one: (-one[0], self.index["titles"][one[1]].lower()))
        return self.index["docnames"][ranked[0][1]] if ranked else None

    def by_title(self, asked: str) -> list[tuple[int, int]]:
        found = []
        for title, places in self.index["alltitles"].items():
            if asked in title.lower().strip() and len(asked) >= len(title) / 2:
                for page, _ in places:
                    of_the_page = self.index["titles"][page] == title
                    found.append((round(TITLE * len(asked) / len(title)) + of_the_page, page))
        return found

    def by_entry(self, asked: str) -> list[tuple[int, int]]:
        return [
            (round(INDEX_ENTRY * len(asked) / len(entry)), page)
            for entry, places in self.index["indexentries"].items()
            if asked in entry and len(asked) >= len(entry) / 2
            for page, _, is_main in places
            if is_main
        ]

    def by_words(self, asked: str) -> list[tuple[int, int]]:
        words = {
            self.language.stem(word)
            for word in self.language.split(asked)
            if word not in self.language.stopwords and not word.isdigit()
        }
        scores: dict[int, dict[str, int]] = {}
        for word in words:
            for page, score in self.pages_with(word):
                scores.setdefault(page, {})[word] = score
        long = sum(len(word) > 2 for word in words)
        return [
            (max(found.values()), page)
            for page, found in scores.items()
            if len(found) in (len(words), long)
        ]

    def pages_with(self, word: str) -> list[tuple[int, int]]:
        found = []
        for kind, whole, part in (
            ("terms", TERM, PART_OF_TERM),
            ("titleterms", TITLE, PART_OF_TITLE),
        ):
            table = self.index[kind]
            if word in table:
                found += [(page, whole) for page in as_list(table[word])]
            elif len(word) > 2:
                found += [
                    (page, part) for term in table if word in term for page in as_list(table[term])
                ]
        return found


def as_list(pages: Any) -> list[int]:
    """Return the pages of a word. The index writes a single page without a list."""
    return pages if isinstance(pages, list) else [pages]
