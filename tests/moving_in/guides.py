"""Follow the guides of docs/moving-in as their readers do.

A ``diff`` changes the file that its first line names. ``…`` separates its hunks. The old lines of
each hunk must occur once in the file. The first line of a ``python`` block names the new file.
``pycon`` is typed into the project's shell, and ``sh`` into a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

GUIDES = Path(__file__).parents[2] / "docs" / "moving-in"

_STEP = re.compile(r"^## (\d+)\. (.*)$", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r" ?# (\w+\.py)\n")


class Block(NamedTuple):
    language: str
    text: str

    @property
    def file(self) -> str:
        named = _FILE.match(self.text)
        assert named is not None, f"no file is named: {self.text}"
        return named[1]

    def write(self, project: Path) -> None:
        """Create or change the project's file as the block says."""
        path = project / self.file
        body = _FILE.sub("", self.text, count=1)
        if self.language == "python":
            assert not path.exists(), path
            path.write_text(body, "utf-8")
        else:
            path.write_text(patched(path.read_text("utf-8"), body), "utf-8")

    def typed(self) -> str:
        """Return the lines of a ``pycon`` block that a reader types."""
        return "".join(f"{line[4:]}\n" for line in self.text.splitlines() if line[:3] in _PROMPTS)


_PROMPTS = (">>>", "...")


def patched(text: str, diff: str) -> str:
    for hunk in re.split(r"^…\n", diff, flags=re.MULTILINE):
        lines = [line or " " for line in hunk.splitlines()]
        assert {line[0] for line in lines} <= set(" +-"), hunk
        before = "".join(f"{line[1:]}\n" for line in lines if line[0] != "+")
        after = "".join(f"{line[1:]}\n" for line in lines if line[0] != "-")
        assert f"\n{text}".count(f"\n{before}") == 1, f"not there once:\n{before}\nin:\n{text}"
        text = f"\n{text}".replace(f"\n{before}", f"\n{after}")[1:]
    return text


class Guide:
    def __init__(self, page: str) -> None:
        text = (GUIDES / f"{page}.md").read_text("utf-8")
        steps, _, self.afterwards = text.partition("\n## Go back\n")
        _, *parts = _STEP.split(steps)
        numbers, titles, bodies = parts[::3], parts[1::3], parts[2::3]
        assert numbers == [str(n) for n in range(1, len(numbers) + 1)], numbers
        self.titles = titles
        self._bodies = bodies

    def step(self, number: int) -> Iterator[Block]:
        for language, text in _BLOCK.findall(self._bodies[number - 1]):
            yield Block(language, text)
