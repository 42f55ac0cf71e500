"""Each page renders with the templates of the how-to about the look."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

import drf_token_auth
from drf_token_auth import operations
from tests.pages.test_make import key_in, make
from tests.pages.test_never import paths_of

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "pages-look.md"
TEMPLATE = re.compile(r"^```htmldjango\n\{# (\S+) #\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BASE = """<!doctype html><title>{% block title %}{% endblock %}</title>{% block extra_head %}
{% endblock %}<body class="our-site">{% block content %}{% endblock %}"""


def write_templates(folder: Path, prefix: str) -> list[str]:
    """Write the how-to's templates with this prefix. Return their names without the prefix."""
    written = []
    for name, text in TEMPLATE.findall(PAGE.read_text("utf-8")):
        if name.startswith(prefix):
            path = folder / name.removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            written.append(name.removeprefix(prefix))
    return written


@pytest.fixture
def bootstrap(tmp_path: Path, settings: Any) -> None:
    assert len(write_templates(tmp_path, "templates/")) == 4
    (tmp_path / "base.html").write_text(BASE, "utf-8")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]


def test_every_page_uses_the_bootstrap_templates(
    page: Client, user: Any, personal: Any, bootstrap: None
) -> None:
    device = operations.issue(user, name="phone")
    for path in paths_of(device, personal):
        text = page.get(path).content.decode()
        assert 'class="our-site"' in text
        assert '<link rel="stylesheet" href="/static/drf_token_auth/pages/pages.css">' in text
        assert 'class="nav nav-tabs' in text
        assert 'class="btn btn-' in text
        assert 'class="dta-button ' not in text
        assert "{#" not in text
    assert key_in(make(page))
    done = page.post(f"/account/api-tokens/{personal.pk}/", {"name": "x"}, follow=True)
    assert 'class="alert alert-success" role="status"' in done.content.decode()


def test_the_parts_that_tailwind_needs_are_named_and_exist() -> None:
    named = set(
        re.findall(r"`(parts/\w+\.html)`", PAGE.read_text("utf-8").partition("## Tailwind")[2])
    )
    parts = Path(drf_token_auth.__file__).parent / "pages/templates/drf_token_auth/pages/parts"
    styled = {
        f"parts/{path.name}"
        for path in parts.iterdir()
        if "class=" in path.read_text("utf-8") or path.name == "head.html"
    }
    assert named == styled


def test_every_template_block_and_hook_is_documented() -> None:
    pages = Path(drf_token_auth.__file__).parent / "pages"
    text = (PAGE.parents[1] / "reference" / "pages.md").read_text("utf-8")
    named = set()
    for path in pages.rglob("*.html"):
        blocks = re.findall(r"{% block (\w+)", path.read_text("utf-8"))
        named |= {f"`{name}`" for name in (path.name, *blocks)}
    for path in (pages / "views").glob("*.py"):
        source = path.read_text("utf-8")
        hooks = re.findall(r'def (\w+)\([^)]*\)[^:]*:\n        """Hook', source)
        named |= {f"`{hook}(" for hook in hooks}
        for view in re.findall(r"__all__ = \[(.*?)\]", source, re.DOTALL):
            named |= {f"`{name}`" for name in re.findall(r'"(\w+View)"', view)}
    # One of each: a template, a block, a hook and a view.
    assert {"`token.html`", "`token_content`", "`may_make_token(", "`TokenNewView`"} <= named
    assert [one for one in named if one not in text] == []


@pytest.mark.parametrize("module", ["urls", "one_key_urls"])
def test_every_url_is_documented(module: str) -> None:
    from importlib import import_module

    urls = import_module(f"drf_token_auth.pages.{module}")
    text = (PAGE.parents[1] / "reference" / "pages.md").read_text("utf-8")
    for pattern in urls.urlpatterns:
        route = str(pattern.pattern).replace(urls.ID, "<pk>")
        assert f"`{route}" in text
        assert f"`{urls.app_name}:{pattern.name}`" in text
