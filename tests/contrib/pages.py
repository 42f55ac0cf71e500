"""Apply the code blocks of a guide, so that the tests run the lines that readers paste.

The pages are in docs/how-to/neighbours. A ``python`` block that begins with ``# a/file.py`` is that
file of the project. The lines of ``mysite/settings.py`` are added to the settings. Tests can import
the other files.
"""

from __future__ import annotations

import re
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

GUIDES = Path(__file__).parents[2] / "docs" / "how-to" / "neighbours"
BLOCK = re.compile(r"^```python\n# ([\w/]+)\.py\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Pasted(MetaPathFinder, Loader):
    """Import the files of a page as modules."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        is_package = any(name.startswith(f"{fullname}.") for name in self.sources)
        if fullname not in self.sources and not is_package:
            return None
        spec = ModuleSpec(fullname, self, origin="pasted", is_package=is_package)
        if is_package:  # Django needs a path for each app. The folder need not exist.
            spec.submodule_search_locations = [f"pasted/{fullname}"]
        return spec

    def exec_module(self, module: ModuleType) -> None:
        source = self.sources.get(module.__name__, "")
        exec(compile(source, f"<{module.__name__}>", "exec"), vars(module))


def paste(page: str, settings: dict[str, Any]) -> None:
    """Add the settings of the page to ``settings``. Make the page's other files importable."""
    sources = {"mysite.urls": ""}
    for name, source in BLOCK.findall((GUIDES / f"{page}.md").read_text("utf-8")):
        module = name.replace("/", ".")
        sources[module] = f"{sources.get(module, '')}{source}\n"
    sys.meta_path.append(Pasted(sources))
    exec(compile(sources.pop("mysite.settings", ""), f"<{page}>", "exec"), settings)
