"""The pages are true and complete: their code runs, and they name everything public."""

from __future__ import annotations

import argparse
import ast
import configparser
import importlib
import json
import re
import shlex
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.test import RequestFactory, override_settings
from django.urls import Resolver404, resolve
from django.utils import timezone

import drf_token_auth
from drf_token_auth import conf, get_token_model
from tests.conftest import make_user
from tests.docs.pages import DOCS, PAGES, ROOT, Block, blocks, name_of
from tests.docs.shell import Shell
from tests.lives import at

PACKAGE = Path(drf_token_auth.__file__).parent
# tests/moving_in and tests/contrib run these guides, which need other packages.
ELSEWHERE = ("moving-in", "neighbours")


BLOCKS = [block for page in PAGES for block in blocks(page)]


def of(*languages: str) -> Any:
    found = [block for block in BLOCKS if block.language in languages]
    assert found, languages
    return pytest.mark.parametrize("block", found, ids=str)


@of("python")
def test_python_compiles(block: Block) -> None:
    assert compile(block.text, str(block), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@of("json")
def test_json_blocks_parse(block: Block) -> None:
    assert isinstance(json.loads(block.text), dict | list)


@of("ini")
def test_systemd_units_parse(block: Block) -> None:
    parser = configparser.ConfigParser()
    parser.read_string(block.text)
    assert parser.sections()


def test_every_block_has_a_language_that_we_know() -> None:
    tested = {"http", "ini", "json", "output", "pycon", "python", "sh"}
    # No test here runs these: output of programs, and clients in other languages. tests/pages
    # renders the templates.
    prose = {"css", "html", "htmldjango", "javascript", "text"}
    # A diff changes the reader's project. tests/moving_in applies it.
    found = {(block.language, "moving-in" in block.page.parts) for block in BLOCKS}
    assert {language for language, _ in found - {("diff", True)}} <= tested | prose


def command_lines(block: Block) -> Iterator[list[str]]:
    """Yield the words after each ``manage.py`` in the block. The first is the command's name."""
    text = block.text.replace("\\\n", " ")
    for match in re.finditer(r"manage\.py ([^\n|>)&]+)", text):
        yield shlex.split(match[1].strip().rstrip('"'), comments=True)


def parser_of(name: str) -> argparse.ArgumentParser:
    command = load_command_class(get_commands()[name], name)
    assert isinstance(command, BaseCommand)
    return command.create_parser("manage.py", name)


@of("sh", "ini", "text")
def test_commands_have_options_that_exist(block: Block) -> None:
    for name, *arguments in command_lines(block):
        if get_commands().get(name) == "drf_token_auth":
            parser_of(name).parse_args(arguments)
        else:
            # The last two are commands of django-tenants and drf-spectacular.
            others = {"startapp", "runserver", "all_tenants_command", "spectacular"}
            assert name in {*get_commands(), *others}


def is_served(path: str) -> bool:
    try:
        resolve(path, urlconf="tests.urls")
    except Resolver404:
        return False
    return True


# Each path of the API in an sh block, with the block.
REQUESTED = [
    (path, block)
    for block in BLOCKS
    if block.language == "sh"
    for path in re.findall(r"https?://[\w.:]+(/auth/[\w/]*)", block.text)
]


@pytest.mark.parametrize(("path", "block"), REQUESTED, ids=str)
def test_curl_lines_use_routes_that_exist(path: str, block: Block) -> None:
    assert is_served(path)


def test_the_login_is_shown_with_curl() -> None:
    assert "/auth/login/" in {path for path, _ in REQUESTED}


# The blocks of a page

RUNNABLE = [
    page
    for page in PAGES
    if not set(ELSEWHERE) & set(page.parts)
    and any(block.language in ("http", "pycon", "python") for block in blocks(page))
]

# On the pages, users log in by e-mail address, and the token model is the package's own.
if get_token_model()._meta.label == conf.DEFAULT_TOKEN_MODEL and (
    get_user_model().USERNAME_FIELD == "email"
):

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("page", RUNNABLE, ids=name_of)
    def test_page_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TOKEN_PEPPER_1", 32 * "a secret ")
        shell = Shell(make_user(), monkeypatch)
        try:
            for block in blocks(page):
                shell.run(block)
            shell.raise_what_was_not_shown()
        finally:
            shell.leave()

    @pytest.mark.django_db(transaction=True)
    def test_each_step_of_the_tutorial_works_in_a_fresh_shell(
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        shell = Shell(make_user(), monkeypatch)
        section = ""
        try:
            for block in blocks(DOCS / "tutorial.md"):
                if block.section != section:
                    section, shell.names = block.section, {}
                shell.run(block)
        finally:
            shell.leave()


def test_the_example_of_a_plain_view_answers_401_and_429(db: None) -> None:
    page = DOCS / "how-to" / "without-a-request.md"
    (view,) = [one for one in blocks(page) if "def plain_view" in one.text]
    names: dict[str, Any] = {}
    exec(compile(view.text, str(view), "exec"), names)
    request = RequestFactory().get("/", headers={"Authorization": "Token nonsense"})
    rate = override_settings(DRF_TOKEN_AUTH={"FAILED_KEY_RATE": "1/min"})
    with rate, at(timezone.now()):
        assert [names["plain_view"](request).status_code for _ in range(2)] == [401, 429]


# The pages name everything that exists


def text_of(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def sections(page: str) -> dict[str, str]:
    """Return the text under each second-level heading. The keys are the headings' first words."""
    found = {}
    for section in re.split(r"^## ", text_of(page), flags=re.MULTILINE)[1:]:
        title, _, text = section.partition("\n")
        found[title.replace("`", "").split()[0]] = text
    return found


@pytest.mark.parametrize("name", conf.TokenAuthSettings.__annotations__)
def test_documented_default_is_the_default(name: str) -> None:
    text = sections("reference/settings.md")[name]
    default = re.search(r"^Default: `(.+?)`", text, re.MULTILINE)
    assert default is not None, name
    # The page is part of this repository, so eval() is safe.
    shown = eval(default[1], {"timedelta": timedelta})
    assert shown == getattr(conf.Settings(), name)


def test_the_page_lists_exactly_the_settings() -> None:
    names = {*conf.TokenAuthSettings.__annotations__, conf.TOKEN_MODEL_SETTING}
    assert set(sections("reference/settings.md")) == names


@pytest.mark.parametrize("name", ["README.md", "docs/topics/lifetimes.md"])
def test_other_tables_show_the_defaults(name: str) -> None:
    spoken = {"14 days": timedelta(days=14), "90 days": timedelta(days=90)}
    spoken |= {"10 minutes": timedelta(minutes=10)}
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \|", (ROOT / name).read_text("utf-8"), re.M)
    assert rows
    for setting, default in rows:
        shown = spoken[default] if default in spoken else ast.literal_eval(default.strip("`"))
        assert shown == getattr(conf.Settings(), setting), setting


MODULES = {
    "drf_token_auth": "models.md",
    "drf_token_auth.admin": "admin.md",
    "drf_token_auth.authentication": "authentication.md",
    "drf_token_auth.base_models": "models.md",
    "drf_token_auth.conf": "settings.md",
    "drf_token_auth.exceptions": "exceptions.md",
    "drf_token_auth.importers": "importers.md",
    "drf_token_auth.managers": "models.md",
    "drf_token_auth.models": "models.md",
    "drf_token_auth.operations": "operations.md",
    "drf_token_auth.permissions": "permissions.md",
    "drf_token_auth.serializers": "views.md",
    "drf_token_auth.signals": "signals.md",
    "drf_token_auth.test": "test.md",
    "drf_token_auth.throttling": "views.md",
    "drf_token_auth.views": "views.md",
}


@pytest.mark.parametrize("module", MODULES)
def test_public_names_are_documented(module: str) -> None:
    text = text_of(f"reference/{MODULES[module]}")
    assert f"`{module}`" in text
    missing = [
        name
        for name in importlib.import_module(module).__all__
        if not re.search(rf"`(?:\w+\.)*{name}\b", text)
    ]
    assert missing == []


def test_every_url_is_documented() -> None:
    from drf_token_auth import urls

    text = text_of("reference/views.md")
    for pattern in urls.urlpatterns:
        assert f"`{pattern.pattern}`" in text
        assert f"`{urls.app_name}:{pattern.name}`" in text


def test_every_check_is_documented() -> None:
    sources = [
        *PACKAGE.glob("conf/*.py"),
        *PACKAGE.glob("checks/*.py"),
        *PACKAGE.glob("contrib/**/*.py"),
    ]
    ids = {
        found
        for path in sources
        for found in re.findall(r"\b[EW][0-9]{3}\b", path.read_text("utf-8"))
    }
    assert set(sections("reference/checks.md")) == {f"drf_token_auth.{id_}" for id_ in ids}


COMMANDS = sorted(name for name, app in get_commands().items() if app == "drf_token_auth")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_documented(name: str) -> None:
    text = sections("reference/commands.md")[name]
    common = {
        option
        for action in BaseCommand().create_parser("manage.py", "any")._actions
        for option in action.option_strings
    }
    for action in parser_of(name)._actions:
        for option in set(action.option_strings) - common or {action.dest.upper()}:
            if not set(action.option_strings) & common:
                assert f"`{option}" in text, option


def test_reasons_of_a_revocation_are_documented() -> None:
    source = (PACKAGE / "signals.py").read_text("utf-8")
    listed = re.search(r"Reasons: ([^;]+); (\w+)", source.replace("\n# ", " "))
    assert listed is not None
    text = text_of("reference/signals.md")
    for reason in [*re.split(r",\s+", listed[1]), listed[2]]:
        assert f"`{reason}`" in text, reason


def test_digests_are_compared_in_constant_time() -> None:
    compared = [
        f"{path.name}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.Eq | ast.NotEq)
        and (
            ast.unparse(node.left).endswith("stamp")
            # The digest may be converted, as in bytes(token.digest).
            or any(
                re.search(r"digest\)*$", ast.unparse(one)) for one in (node.left, *node.comparators)
            )
        )
    ]
    assert compared == []


def test_sha_2_is_the_only_hash() -> None:
    used = {
        node.attr
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "hashlib"
    }
    assert used == {"sha256", "sha512"}


# Names and links


def test_tests_that_pages_name_exist() -> None:
    """Each name can be given to pytest as it stands."""
    named = re.findall(r"`(tests/[^`]+::[^`]+)`", text_of("topics/security.md"))
    assert len(named) > 40
    assert [name for name in named if not is_a_test(*name.split("::"))] == []


def is_a_test(file: str, *names: str) -> bool:
    node: ast.AST = ast.parse((ROOT / file).read_text("utf-8"))
    for name in names:
        body = getattr(node, "body", [])
        node = next((one for one in body if getattr(one, "name", None) == name), ast.Pass())
    return isinstance(node, ast.FunctionDef)


# The number of requirements in each section of chapter 7 of ASVS 5.0.
SESSION_CLAUSES = {7.1: 3, 7.2: 4, 7.3: 2, 7.4: 5, 7.5: 3, 7.6: 2}


def test_each_clause_of_session_management_is_answered() -> None:
    rows = re.findall(r"^\| ((?:7\.\d\.\d(?:, )?)+) ", text_of("topics/security.md"), re.MULTILINE)
    listed = sorted(clause for row in rows for clause in row.split(", "))
    assert listed == [
        f"{section}.{number}"
        for section, count in SESSION_CLAUSES.items()
        for number in range(1, count + 1)
    ]


def test_each_claim_about_security_names_a_test() -> None:
    """Each row of the tables names a test, or says in bold that the requirement is not met."""
    rows = [
        line
        for table in re.split(r"\n\n", text_of("topics/security.md"))
        if table.startswith("| ") and "shown by" in table.partition("\n")[0]
        for line in table.splitlines()[2:]
    ]
    assert len(rows) > 50
    assert [row for row in rows if "`tests/" not in row and "**" not in row] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_begins_with_a_sentence(page: Path) -> None:
    """A reader learns what the page is for before a table or code comes."""
    text = re.sub(r"```{search-words}.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    rest = re.split(r"^# .+$", text, maxsplit=1, flags=re.MULTILINE)[-1]
    assert not re.match(r"\||```(?!{include})", rest.lstrip())


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    local = [target for target in targets if "://" not in target and target != "inv:"]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_every_page_is_in_the_index() -> None:
    """Add a new page to a group of ``docs/index.md``, so that readers find it."""
    assert set(DOCS.rglob("*.md")) - reached_from(DOCS / "index.md") == set()


def reached_from(page: Path) -> set[Path]:
    found = {page}
    for tree in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        for line in tree.splitlines():
            if line and not line.startswith(":"):
                name = re.sub(r".*<(.+)>", r"\1", line)
                for child in set(page.parent.glob(f"{name}.md")) - found:
                    found |= reached_from(child)
    return found


SITE = "https://drf-token-auth.readthedocs.io/en/latest/"
REPOSITORY = (
    "https://github.com/drf-token-auth/drf-token-auth/blob/main/",
    "https://raw.githubusercontent.com/drf-token-auth/drf-token-auth/main/",
)


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_links_of_the_readme_work_on_pypi(name: str) -> None:
    """PyPI shows the README without the files beside it."""
    links = re.findall(r"\]\(([^)\s]+)\)", (ROOT / name).read_text("utf-8"))
    pages = [link.removeprefix(SITE) for link in links if link.startswith(SITE)]
    files = [link.partition("/main/")[2] for link in links if link.startswith(REPOSITORY)]
    assert len(pages) > 5
    assert [link for link in links if not link.startswith("https://")] == []
    assert [one for one in pages if one and not (DOCS / one).with_suffix(".md").exists()] == []
    assert [one for one in files if not (ROOT / one).exists()] == []
