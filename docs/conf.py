"""Sphinx settings. The pages are Markdown, and a build needs no network."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "drf-token-auth"
author = copyright = "drf-token-auth contributors"
summary = "Token authentication for Django REST framework: hashed, expiring, revocable, one query"
release = version_of("drf-token-auth")
version = release

extensions = ["myst_parser", "sphinx.ext.intersphinx", "sphinx_copybutton", "_extensions"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
nitpicky = True

html_search_language = "en-ko"

# Links to Django and DRF go through lists in `_inventories`, so that a build works offline.
local_inventories = {
    "django": "https://docs.djangoproject.com/en/stable/",
    "drf": "https://www.django-rest-framework.org/",
}

# Copy only what a reader types: no prompts, and no output.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_selector = "div:not(.highlight-output) > div.highlight > pre"

html_theme = "furo"
html_title = f"{project} {release}"
html_baseurl = "https://drf-token-auth.readthedocs.io/en/latest/"
html_static_path = ["_static"]
html_extra_path = ["_extra"]
html_css_files = ["pages.css"]
html_copy_source = False
