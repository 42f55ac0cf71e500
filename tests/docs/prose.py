"""Extract the prose of a page or a docstring, without code, tables and headings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path


def prose_of_page(text: str) -> str:
    """Return the paragraphs and list items, without blocks, tables, headings and code."""
    text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    lines = [line for line in text.splitlines() if not re.match(r"\s*(\||#|:::)", line)]
    return without_code("\n".join(lines))


def without_code(text: str) -> str:
    text = re.sub(r"\]\([^)]*\)", "]", text)
    return re.sub(r"`+[^`]+`+", "CODE", text)


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each docstring."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found = ast.get_docstring(node)
            if found:
                yield getattr(node, "lineno", 1), without_code(found)


def sentences(prose: str) -> Iterator[str]:
    """Yield the sentences. A sentence also ends where its list item or paragraph ends."""
    for part in re.split(r"\n\s*\n|\n\s*(?:[-*]|\d+\.) ", prose):
        for sentence in re.split(r"(?<=[.!?])[\")*]*\s+(?=[A-Z\"(*\[])", part.strip()):
            if sentence:
                yield " ".join(sentence.split())
