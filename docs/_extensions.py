"""Small additions to Sphinx: pictures, search in Korean, offline inventories, and ``llms.txt``."""

from __future__ import annotations

import re
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx import addnodes
from sphinx.search.en import SearchEnglish

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

HERE = Path(__file__).parent
HEADER = "# Sphinx inventory version 2\n# Project: {}\n# Version: \n# Compressed with zlib.\n"


class Picture(Directive):
    """Put a drawing of ``_static/pictures`` into the page itself.

    The content of the directive is the caption.

    Only an SVG inside the page takes the page's colours, whichever theme the reader has chosen.
    """

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        path = HERE / "_static" / "pictures" / f"{self.arguments[0]}.svg"
        self.state.document.settings.record_dependencies.add(str(path))
        caption = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, caption)
        return [
            raw(f'<figure class="picture">{path.read_text("utf-8")}<figcaption>'),
            *caption.children,
            raw("</figcaption></figure>"),
        ]


class SearchWords(Directive):
    """Take the words, separated by commas, that people search for when they need this page.

    The built-in search puts an exact match of such a word first.
    """

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        words = [word.strip() for word in self.arguments[0].split(",")]
        entries = [("single", word, "", "main", None) for word in words]
        return [addnodes.index(entries=entries)]


class SearchEnglishAndKorean(SearchEnglish):
    """Find Korean nouns of two syllables, such as 토큰 in 토큰을 and 토큰에서.

    Korean attaches particles and endings to a noun. The search in the browser finds a part of a
    word by itself, but only a part of three letters or more.
    """

    lang = "en-ko"
    language_name = "English and Korean"
    noun = re.compile(r"[가-힣]{2}(?=[가-힣])")

    def split(self, input: str) -> list[str]:  # noqa: A002 (Sphinx names it so)
        words = super().split(input)
        return words + [noun[0] for noun in map(self.noun.match, words) if noun]


def raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html")


def add_inventories(app: Sphinx, config: Config) -> None:
    """Let intersphinx read the plain lists in ``_inventories``."""
    folder = Path(tempfile.mkdtemp())
    for name, url in config.local_inventories.items():
        entries = (HERE / "_inventories" / f"{name}.txt").read_bytes()
        target = folder / f"{name}.inv"
        target.write_bytes(HEADER.format(name).encode() + zlib.compress(entries))
        config.intersphinx_mapping[name] = (url, str(target))


def write_llms_txt(app: Sphinx, exception: Exception | None) -> None:
    """List all pages in the order of the index, for programs that read documentation.

    The format is described on https://llmstxt.org.
    """
    if exception or app.builder.name != "html":
        return
    lines = [f"# {app.config.project}", "", f"> {app.config.summary}"]
    for caption, pages in groups(HERE / "index.md"):
        lines += ["", f"## {caption}", ""]
        for page in pages:
            for name in [page, *app.env.toctree_includes.get(page, [])]:
                title = app.env.titles[name].astext()
                lines.append(f"- [{title}]({app.config.html_baseurl}{name}.html)")
    (Path(app.outdir) / "llms.txt").write_text("\n".join(lines) + "\n", "utf-8")


def groups(index: Path) -> list[tuple[str, list[str]]]:
    """Return each caption of the index with the pages below it."""
    found = []
    for tree in re.findall(r"```\{toctree\}\n(.*?)```", index.read_text("utf-8"), re.DOTALL):
        caption = re.search(r":caption: (.+)", tree)
        pages = [line for line in tree.splitlines() if line and not line.startswith(":")]
        if caption:
            found.append((caption[1], [re.sub(r".*<(.+)>", r"\1", page) for page in pages]))
    return found


def name_language(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: object
) -> None:
    """Tell browsers and screen readers that the pages in ``ko`` are Korean."""
    if page.startswith("ko/"):
        context["language"] = "ko"


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("local_inventories", {}, "env")
    app.add_config_value("summary", "", "env")
    app.add_search_language(SearchEnglishAndKorean)
    app.add_directive("picture", Picture)
    app.add_directive("search-words", SearchWords)
    app.connect("config-inited", add_inventories, priority=100)
    app.connect("html-page-context", name_language)
    app.connect("build-finished", write_llms_txt)
    return {"parallel_read_safe": True}
