"""What the pages say holds: their code runs, and they name everything there is.

A page is run from top to bottom, in a project like the tutorial's: ``pycon`` blocks are sessions in
its shell, ``http`` blocks are requests and their answers, a ``json`` block is the answer to the
curl line before it. A ``python`` block whose first line is ``# a/file.py`` is that file, and later
blocks may import it; ``settings.py`` is put in force. A block without a file name goes on in the
shell. The key of an example is the last one that was answered.
"""

from __future__ import annotations

import argparse
import ast
import configparser
import doctest
import importlib
import io
import json
import re
import shlex
import sys
import types
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.db.models.signals import post_save
from django.test import RequestFactory, override_settings
from django.urls import Resolver404, resolve
from django.utils import timezone
from rest_framework.settings import api_settings
from rest_framework.test import APIClient
from rest_framework.views import APIView

import drf_token_auth
from drf_token_auth import conf, get_token_model, signals
from tests import urls as test_urls
from tests.conftest import make_user
from tests.lives import at

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PACKAGE = Path(drf_token_auth.__file__).parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
# Guides that need other packages are run by tests that install them.
ELSEWHERE = ("moving-in", "neighbours")


class Block(NamedTuple):
    page: Path
    line: int
    language: str
    text: str

    @property
    def file(self) -> str | None:
        """The file of the project that the block shows, as its first line says."""
        named = re.match(r"# ([\w/]+\.py)\n", self.text)
        return named[1] if named else None

    def __str__(self) -> str:
        return f"{name_of(self.page)}:{self.line}"


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> Iterator[Block]:
    lines = iter(enumerate(page.read_text("utf-8").splitlines(), 1))
    for number, line in lines:
        opening = re.fullmatch(r"```(.*)", line)
        if opening:
            text = ""
            for _, inner in lines:
                if inner == "```":
                    break
                text += f"{inner}\n"
            # Not the directives, such as {toctree}: Sphinx reads those.
            if not opening[1].startswith("{"):
                yield Block(page, number, opening[1], text)


BLOCKS = [block for page in PAGES for block in blocks(page)]


def of(*languages: str) -> Any:
    found = [block for block in BLOCKS if block.language in languages]
    assert found, languages
    return pytest.mark.parametrize("block", found, ids=str)


@of("python")
def test_python_compiles(block: Block) -> None:
    compile(block.text, str(block), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@of("json")
def test_json_is_json(block: Block) -> None:
    json.loads(block.text)


@of("ini")
def test_units_are_units(block: Block) -> None:
    parser = configparser.ConfigParser()
    parser.read_string(block.text)
    assert parser.sections()


def test_every_block_has_a_language_that_is_tested_here() -> None:
    tested = {"http", "ini", "json", "pycon", "python", "sh"}
    # What a program prints or a client's own language: to read.
    prose = {"javascript", "text"}
    # Changes to a project of one's own: in the guides to moving in, whose test makes them.
    found = {(block.language, "moving-in" in block.page.parts) for block in BLOCKS}
    assert {language for language, _ in found - {("diff", True)}} <= tested | prose


def command_lines(block: Block) -> Iterator[list[str]]:
    """The arguments of each ``manage.py`` in the block, the command's name first."""
    text = block.text.replace("\\\n", " ")
    for match in re.finditer(r"manage\.py ([^\n|>)&]+)", text):
        yield shlex.split(match[1].strip().rstrip('"'), comments=True)


def parser_of(name: str) -> argparse.ArgumentParser:
    command = load_command_class(get_commands()[name], name)
    assert isinstance(command, BaseCommand)
    return command.create_parser("manage.py", name)


@of("sh", "ini", "text")
def test_commands_are_typed_right(block: Block) -> None:
    for name, *arguments in command_lines(block):
        if get_commands().get(name) == "drf_token_auth":
            parser_of(name).parse_args(arguments)
        else:
            assert name in {*get_commands(), "startapp", "runserver"}


@of("sh")
def test_curl_lines_go_somewhere(block: Block) -> None:
    for path in re.findall(r"https?://[\w.:]+(/[\w/]*)", block.text):
        if path.startswith("/auth/"):
            try:
                resolve(path, urlconf="tests.urls")
            except Resolver404:
                pytest.fail(f"{block} asks for {path}")


# Running a page.

SIGNALS = [post_save, *(getattr(signals, name) for name in signals.__all__)]


def fits(shown: Any, got: Any) -> bool:
    """Whether a page shows this: ``…`` is any text, a date any date, a number any number."""
    if isinstance(shown, dict):
        return (
            isinstance(got, dict)
            and list(got) == list(shown)
            and all(fits(shown[name], got[name]) for name in shown)
        )
    if isinstance(shown, list):
        return isinstance(got, list) and len(got) == len(shown) and all(map(fits, shown, got))
    if isinstance(shown, str) and isinstance(got, str):
        if is_date(shown):
            return is_date(got)
        return re.fullmatch(re.escape(shown).replace("…", ".*"), got) is not None
    if type(shown) is int:
        return type(got) is int
    return bool(shown == got)


def is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return False
    return True


class Shell:
    """The project that a page is about, and what has been typed so far."""

    def __init__(self, user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.user = user
        self.monkeypatch = monkeypatch
        self.key = ""
        self.response: Any = None
        self.answer: Any = None
        self.names: dict[str, Any] = {
            "User": get_user_model(),
            "Token": get_token_model(),
            "user": user,
            "client": APIClient(),
            "timedelta": timedelta,
        }
        self.in_force: list[Any] = []
        models = importlib.import_module(type(user).__module__)
        self.add("accounts", types.ModuleType("accounts"))
        self.add("accounts.models", models)
        for signal in SIGNALS:
            # What a page connects goes with it.
            monkeypatch.setattr(signal, "receivers", list(signal.receivers))

    def add(self, name: str, module: types.ModuleType) -> None:
        self.monkeypatch.setitem(sys.modules, name, module)

    def run(self, block: Block) -> None:
        if block.language == "http" and block.text.startswith("HTTP/"):
            self.compare(block)
        elif block.language == "http":
            self.ask(block)
        elif block.language == "pycon":
            self.type(block)
        elif block.language == "python":
            self.write(block)
        elif block.language == "sh":
            self.curl(block)
        elif block.language == "json" and self.answer is not None:
            assert fits(json.loads(block.text), self.answer), (block, self.answer)

    def write(self, block: Block) -> None:
        code = compile(block.text, str(block), "exec")
        if block.file is None:
            exec(code, self.names)
            return
        *packages, name = block.file.removesuffix(".py").split("/")
        if name == "models":  # a model needs its app: those of tests/projects stand for them
            return
        for depth in range(len(packages)):
            package = ".".join(packages[: depth + 1])
            if package not in sys.modules:
                self.add(package, types.ModuleType(package))
        module = types.ModuleType(".".join([*packages, name]))
        module.__package__ = ".".join(packages)
        base = {"INSTALLED_APPS": [], "MIDDLEWARE": [], "DATABASES": {"default": {}}}
        vars(module).update(base if name == "settings" else {"urlpatterns": []})
        exec(code, vars(module))
        self.add(module.__name__, module)
        if name == "settings":
            self.put_in_force(vars(module))
        elif vars(module)["urlpatterns"]:
            vars(module)["urlpatterns"] += test_urls.urlpatterns
            self.override(ROOT_URLCONF=module)

    def put_in_force(self, shown: dict[str, Any]) -> None:
        taken = {"DRF_TOKEN_AUTH", "REST_FRAMEWORK", "CACHES"} & set(shown)
        for app in shown["INSTALLED_APPS"]:
            assert apps.is_installed(app) or app == "accounts", app
        self.override(**{name: shown[name] for name in taken})
        assert list(conf.problems()) == []
        # DRF's views read their defaults when they are imported.
        for name in ("authentication_classes", "permission_classes"):
            classes = getattr(api_settings, f"DEFAULT_{name.upper()}")
            self.monkeypatch.setattr(APIView, name, classes)

    def override(self, **values: Any) -> None:
        change = override_settings(**values)
        change.enable()
        self.in_force.append(change)

    def leave(self) -> None:
        while self.in_force:
            self.in_force.pop().disable()
        self.monkeypatch.undo()
        for signal in SIGNALS:
            signal.sender_receivers_cache.clear()

    def type(self, block: Block) -> None:
        example = doctest.DocTestParser().get_doctest(
            block.text, self.names, str(block), str(block.page), block.line
        )
        said = io.StringIO()
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        runner.run(example, out=said.write, clear_globs=False)
        self.names = example.globs
        assert not runner.failures, said.getvalue()

    def ask(self, block: Block) -> None:
        head, _, body = block.text.partition("\n\n")
        line, *headers = head.strip().splitlines()
        method, path, _ = line.split()
        self.response = self.send(method, path, headers, body.strip())

    def compare(self, block: Block) -> None:
        head, _, body = block.text.partition("\n\n")
        line, *headers = head.strip().splitlines()
        assert self.response.status_code == int(line.split()[1]), (block, self.answer)
        for header in headers:
            name, value = header.split(": ", 1)
            assert fits(value, self.response.headers.get(name)), block
        shown = json.loads(body) if body.strip() else None
        assert fits(shown, self.answer), (block, self.answer)

    def curl(self, block: Block) -> None:
        for line in block.text.replace("\\\n", " ").splitlines():
            if not line.startswith("curl "):
                continue
            parser = argparse.ArgumentParser()
            parser.add_argument("url")
            parser.add_argument("-X", dest="method")
            parser.add_argument("-H", dest="headers", action="append", default=[])
            parser.add_argument("-d", dest="body", default="")
            parser.add_argument("-w", dest="after_the_answer")
            curl = parser.parse_args(shlex.split(line)[1:])
            method = curl.method or ("POST" if curl.body else "GET")
            path = re.sub(r"https?://[^/]+", "", curl.url)
            self.send(method, path, curl.headers, curl.body)

    def send(self, method: str, path: str, header_lines: list[str], body: str) -> Any:
        """The response; its JSON is ``self.answer``."""
        form = "application/x-www-form-urlencoded" if "=" in body else "application/json"
        headers = dict(self.fill(header).split(": ", 1) for header in header_lines)
        response: Any = APIClient(headers=headers).generic(
            method, self.fill(path), self.fill(body), content_type=headers.get("Content-Type", form)
        )
        self.answer = json.loads(response.content) if response.content else None
        if isinstance(self.answer, dict) and isinstance(self.answer.get("token"), str):
            self.key = self.answer["token"]
        return response

    def fill(self, text: str) -> str:
        return re.sub(r"dta_[\w…]+|\$\w+", self.key, text)


# A page is written for a project with e-mail users and the package's own token model.
RUNNABLE = [
    page
    for page in PAGES
    if not set(ELSEWHERE) & set(page.parts)
    and any(block.language in ("http", "pycon", "python") for block in blocks(page))
]

if get_token_model()._meta.label == conf.DEFAULT_TOKEN_MODEL and (
    get_user_model().USERNAME_FIELD == "email"
):

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("page", RUNNABLE, ids=name_of)
    def test_page_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        shell = Shell(make_user(), monkeypatch)
        try:
            for block in blocks(page):
                shell.run(block)
        finally:
            shell.leave()


def test_the_plain_view_of_the_page_answers_whatever_is_raised(db: None) -> None:
    page = DOCS / "how-to" / "without-a-request.md"
    (view,) = [one for one in blocks(page) if "def plain_view" in one.text]
    names: dict[str, Any] = {}
    exec(compile(view.text, str(view), "exec"), names)
    request = RequestFactory().get("/", headers={"Authorization": "Token nonsense"})
    rate = override_settings(DRF_TOKEN_AUTH={"FAILED_KEY_RATE": "1/min"})
    with rate, at(timezone.now()):
        assert [names["plain_view"](request).status_code for _ in range(2)] == [401, 429]


# What there is, is named.


def text_of(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def sections(page: str) -> dict[str, str]:
    """The text under each second-level heading, by its first word in code."""
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
    # The one place where text of a page is a value.
    shown = eval(default[1], {"timedelta": timedelta})
    assert shown == getattr(conf.Settings(), name)


def test_no_setting_is_documented_that_is_none() -> None:
    names = {*conf.TokenAuthSettings.__annotations__, conf.TOKEN_MODEL_SETTING}
    assert set(sections("reference/settings.md")) == names


@pytest.mark.parametrize("name", ["README.md", "docs/topics/lifetimes.md"])
def test_defaults_in_other_tables(name: str) -> None:
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
        if not re.search(rf"`(?:\w+\.)?{name}\b", text)
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
        and re.search(r"(digest|stamp)$", ast.unparse(node.left))
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


# Names and links.


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


# All there are in ASVS 5.0, chapter 7.
SESSION_CLAUSES = {7.1: 3, 7.2: 4, 7.3: 2, 7.4: 5, 7.5: 3, 7.6: 2}


def test_each_clause_of_session_management_is_answered() -> None:
    rows = re.findall(r"^\| ((?:7\.\d\.\d(?:, )?)+) ", text_of("topics/security.md"), re.MULTILINE)
    listed = sorted(clause for row in rows for clause in row.split(", "))
    assert listed == [
        f"{section}.{number}"
        for section, count in SESSION_CLAUSES.items()
        for number in range(1, count + 1)
    ]


def test_what_is_said_to_be_so_names_a_test() -> None:
    """In the tables of the page on security; what is not met says so in bold."""
    rows = [
        line
        for table in re.split(r"\n\n", text_of("topics/security.md"))
        if table.startswith("| ") and "shown by" in table.partition("\n")[0]
        for line in table.splitlines()[2:]
    ]
    assert len(rows) > 50
    assert [row for row in rows if "`tests/" not in row and "**" not in row] == []


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
