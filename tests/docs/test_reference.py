"""The reference names what the code has, and the code has what the pages name."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from django.utils.module_loading import import_string

from drf_token_auth import exceptions
from tests.docs.pages import DOCS, PAGES, name_of
from tests.docs.test_docs import MODULES

PACKAGE = "drf_token_auth."
# Projects subclass the classes of these modules. The admin and the serializers are left out,
# because their hooks have the names that Django and REST framework give them.
WITH_HOOKS = [
    f"{PACKAGE}{name}"
    for name in ("authentication", "base_models", "managers", "permissions", "views")
]
HTTP = {"get", "post", "put", "patch", "delete", "head", "options"}


def new_methods(cls: type[Any]) -> set[str]:
    """Return the public methods that our classes add to those of Django and REST framework."""
    ours = [base for base in cls.__mro__ if base.__module__.startswith(PACKAGE)]
    others = [base for base in cls.__mro__ if base not in ours]
    return {
        name
        for base in ours
        for name, value in vars(base).items()
        if inspect.isfunction(value) and not name.startswith("_") and name not in HTTP
        if not any(hasattr(other, name) for other in others)
    }


@pytest.mark.parametrize("name", WITH_HOOKS)
def test_public_methods_are_documented(name: str) -> None:
    """If a method is not for projects, begin its name with an underscore."""
    text = (DOCS / "reference" / MODULES[name]).read_text("utf-8")
    module = importlib.import_module(name)
    classes = [getattr(module, one) for one in module.__all__]
    missing = {
        f"{cls.__name__}.{method}"
        for cls in classes
        if inspect.isclass(cls)
        for method in new_methods(cls)
        if not re.search(rf"`(?:\w+\.|\.)*{method}\b", text)
    }
    assert missing == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_paths_that_pages_name_exist(page: Path) -> None:
    """Neighbours have tests of their own, because their modules need other packages."""
    text = re.sub(r"\b(import|INSTALLED_APPS|migrations)\b.*", "", page.read_text("utf-8"))
    named = set(re.findall(r"`\"?(drf_token_auth\.[\w.]+)[\"`(]", text))
    ids = {one for one in named if re.search(r"\.[EW]\d{3}$", one)}
    assert [
        one for one in named - ids if not one.startswith(f"{PACKAGE}contrib.") and not is_there(one)
    ] == []


def is_there(path: str) -> bool:
    if path == "drf_token_auth.Token":  # the label of a model
        return True
    try:
        importlib.import_module(path)
    except ModuleNotFoundError:
        try:
            import_string(path)
        except ImportError:
            return False
    return True


def test_codes_of_exceptions_are_documented() -> None:
    text = (DOCS / "reference" / "exceptions.md").read_text("utf-8")
    documented = dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|", text, re.MULTILINE))
    assert documented == {name: getattr(exceptions, name).code for name in exceptions.__all__}
