"""No module imports a higher layer, and no module or function is long.

Outside contrib/, modules need only Django and DRF.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import drf_token_auth

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = "drf_token_auth"
ROOT = Path(drf_token_auth.__file__).parent

# Each line has the modules that a layer may import from outside the package. A layer may also
# import the modules of the lines before its own, and the standard library.
OUTSIDE = [
    [],
    ["django.conf", "django.core", "django.dispatch", "django.utils"],
    ["asgiref", "django.apps", "django.contrib.auth", "django.db", "django.views.decorators.debug"],
    ["django.http", "rest_framework"],
    ["django"],
    [],
]

# The name of a package includes all of its modules.
LAYERS = {
    # reasons
    "exceptions": 0,
    # settings, and the text of keys
    "keys": 1,
    "conf": 1,
    "scopes": 1,
    # rows
    "": 2,
    "base_models": 2,
    "fields": 2,
    "lookup": 2,
    "managers": 2,
    "migrations": 2,
    "models": 2,
    "operations": 2,
    "passwords": 2,
    "purging": 2,
    "rows": 2,
    "signals": 2,
    # requests
    "authentication": 3,
    "permissions": 3,
    "serializers": 3,
    "throttling": 3,
    "logins": 3,
    "logs": 3,
    # modules that the project loads by name
    "urls": 4,
    "views": 4,
    # the periphery
    "admin": 5,
    "apps": 5,
    "checks": 5,
    "contrib": 5,
    "importers": 5,
    "leaks": 5,
    "management": 5,
    "pages": 5,
    "test": 5,
}


def dotted(path: Path) -> str:
    """Return the module's name below the package, or "" for the package itself."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {dotted(path): path for path in sorted(ROOT.rglob("*.py"))}


def layer_of(module: str) -> int | None:
    return LAYERS.get(module.partition(".")[0])


def statements(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield all imports of a module, also those in functions. Leave out those for type checkers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) in (
            "TYPE_CHECKING",
            "typing.TYPE_CHECKING",
        ):
            for other in child.orelse:
                yield from statements(ast.Module([other], []))
        elif isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        else:
            yield from statements(child)


def imports(module: str, source: str, *, is_package: bool) -> Iterator[str]:
    """Yield the absolute name of each module that this module imports, or imports names from."""
    here = [PACKAGE, *(module.split(".") if module else [])]
    if not is_package:
        here.pop()
    for node in statements(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
            continue
        start = here[: len(here) - node.level + 1] if node.level else []
        base = ".".join([*start, *filter(None, [node.module])])
        for alias in node.names:
            # "from . import keys" imports a module. "from .keys import digest" imports a name.
            name = f"{base}.{alias.name}"
            yield name if name.removeprefix(f"{PACKAGE}.") in MODULES else base


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def objections(module: str, source: str, *, is_package: bool = False) -> list[str]:
    layer = layer_of(module)
    assert layer is not None, f"{PACKAGE}.{module} is in no layer: give it one in LAYERS"
    allowed = [name for names in OUTSIDE[: layer + 1] for name in names]
    found = []
    for name in imports(module, source, is_package=is_package):
        if is_within(name, PACKAGE):
            other = name.removeprefix(PACKAGE).removeprefix(".")
            if (layer_of(other) or 0) > layer:
                found.append(f"{module} (layer {layer}) imports {other} (layer {layer_of(other)})")
        elif (
            name.partition(".")[0] not in sys.stdlib_module_names
            and not any(is_within(name, package) for package in allowed)
            and not is_within(module, "contrib")
        ):
            found.append(f"{module} (layer {layer}) imports {name}")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_no_higher_layer(module: str) -> None:
    path = MODULES[module]
    is_package = path.name == "__init__.py"
    assert objections(module, path.read_text("utf-8"), is_package=is_package) == []


@pytest.mark.parametrize(
    ("module", "source", "found"),
    [
        ("exceptions", "import django.db", ["exceptions (layer 0) imports django.db"]),
        (
            "conf",
            "def f():\n    from . import models",
            ["conf (layer 1) imports models (layer 2)"],
        ),
        (
            "management.commands.create_token",
            "from ...views import LoginView\nimport knox",
            ["management.commands.create_token (layer 5) imports knox"],
        ),
        ("contrib.djoser", "import djoser.views\nfrom .. import views", []),
        (
            "fields",
            "if typing.TYPE_CHECKING:\n    import knox\nelse:\n    from .views import V",
            ["fields (layer 2) imports views (layer 4)"],
        ),
    ],
)
def test_a_wrong_import_is_found(module: str, source: str, found: list[str]) -> None:
    assert objections(module, source) == found


def graph() -> dict[str, set[str]]:
    """Return the modules that each module imports when it runs."""
    found: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        is_package = path.name == "__init__.py"
        names = imports(module, path.read_text("utf-8"), is_package=is_package)
        own = {
            name.removeprefix(PACKAGE).removeprefix(".")
            for name in names
            if is_within(name, PACKAGE)
        }
        found[module] = (own & MODULES.keys()) - {module}
    return found


def in_circles(edges: dict[str, set[str]]) -> set[str]:
    """Return the modules in circles, and those that import them, directly or through others."""
    left = dict(edges)
    while True:
        free = [module for module, used in left.items() if not used & left.keys()]
        if not free:
            return set(left)
        for module in free:
            del left[module]


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert in_circles(graph()) == set()


def test_a_circle_is_found() -> None:
    edges = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}
    assert in_circles(edges) == {"a", "b", "c"}


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or 0) - node.lineno + 1


@pytest.mark.parametrize("module", MODULES)
def test_no_module_and_no_function_is_long(module: str) -> None:
    source = MODULES[module].read_text("utf-8")
    assert len(source.splitlines()) <= 250
    assert [node.name for node in functions(source) if lines(node) > 40] == []
