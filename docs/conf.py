"""Sphinx's settings: the pages are Markdown."""

from __future__ import annotations

from importlib.metadata import version as version_of

project = "drf-token-auth"
author = copyright = "drf-token-auth contributors"
release = version_of("drf-token-auth")
version = release

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
nitpicky = True

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
