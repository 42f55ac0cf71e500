"""Run the blocks of a page inside this process, in a project like the tutorial's.

- A ``python`` block whose first line is ``# a/file.py`` is that file. Later blocks may import it,
  and the settings of ``settings.py`` apply.
- Other ``python`` blocks are pasted into a shell. An ``output`` block is what the shell shows then.
- ``pycon`` blocks are sessions in the shell.
- ``http`` blocks are requests and their answers. A ``json`` block is the answer to the curl line
  before it. In a request, the newest key from an answer replaces the key of the example.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import importlib
import io
import json
import re
import sys
import types
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models.signals import post_save
from django.test import override_settings
from rest_framework.settings import api_settings
from rest_framework.test import APIClient
from rest_framework.views import APIView

from drf_token_auth import conf, get_token_model, signals
from tests import urls as test_urls
from tests.docs.pages import Block, curl_lines, fits

SIGNALS = [post_save, *(getattr(signals, name) for name in signals.__all__)]


def show_value(value: object) -> None:
    if value is not None:
        print(repr(value))  # noqa: T201


class Shell:
    """The project of a page, and the variables of all blocks that ran so far."""

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
        self.printed = ""
        self.raised: Exception | None = None
        self.in_force: list[Any] = []
        models = importlib.import_module(type(user).__module__)
        self.add("accounts", types.ModuleType("accounts"))
        self.add("accounts.models", models)
        for signal in SIGNALS:
            # Let the page use a copy of the list, so that leave() disconnects the page's receivers.
            monkeypatch.setattr(signal, "receivers", list(signal.receivers))

    def add(self, name: str, module: types.ModuleType) -> None:
        self.monkeypatch.setitem(sys.modules, name, module)

    def run(self, block: Block) -> None:
        if block.language == "output":
            self.show(block)
            return
        self.raise_what_was_not_shown()
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

    def paste(self, block: Block) -> None:
        """Run the block one statement at a time, as an interactive shell does."""
        said = io.StringIO()
        self.monkeypatch.setattr(sys, "displayhook", show_value)
        with contextlib.redirect_stdout(said):
            try:
                for statement in ast.parse(block.text).body:
                    one = ast.Interactive([statement])
                    exec(compile(one, str(block), "single"), self.names)
            except Exception as error:  # noqa: BLE001
                self.raised = error
                print(f"{type(error).__module__}.{type(error).__name__}: {error}")  # noqa: T201
        self.printed = said.getvalue()

    def show(self, block: Block) -> None:
        self.raised = None
        matches = doctest.OutputChecker().check_output(block.text, self.printed, doctest.ELLIPSIS)
        assert matches, (str(block), self.printed)

    def raise_what_was_not_shown(self) -> None:
        if self.raised is not None:
            raise self.raised

    def write(self, block: Block) -> None:
        code = compile(block.text, str(block), "exec")
        if block.file is None:
            self.paste(block)
            return
        *packages, name = block.file.removesuffix(".py").split("/")
        if name == "models":  # a model needs an app, so use the apps in tests/projects
            return
        for depth in range(len(packages)):
            package = ".".join(packages[: depth + 1])
            if package not in sys.modules:
                self.add(package, types.ModuleType(package))
        module = types.ModuleType(".".join([*packages, name]))
        module.__package__ = ".".join(packages)
        base = {"INSTALLED_APPS": [], "MIDDLEWARE": [], "DATABASES": {"default": {}}}
        base["REST_FRAMEWORK"] = dict(settings.REST_FRAMEWORK)
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
        for asked in curl_lines(block):
            self.send(*asked)

    def send(self, method: str, path: str, header_lines: list[str], body: str) -> Any:
        """Send a request. Return the response, and store its JSON in ``self.answer``."""
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
