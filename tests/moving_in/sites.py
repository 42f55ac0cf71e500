"""Run the releases of a site in their own processes, and send requests to their servers."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import drf_token_auth

from .guides import Block, Guide

PROJECTS = Path(__file__).parent / "projects"
PACKAGE = Path(drf_token_auth.__file__).parents[1]
PASSWORD = "correct horse battery staple"
MODULES = {
    "django-rest-durin": "durin",
    "django-rest-knox": "knox",
    "djangorestframework-simplejwt": "rest_framework_simplejwt",
}


class Answer(NamedTuple):
    status: int
    body: Any


class Server:
    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}"

    def get(self, path: str, authorization: str) -> Answer:
        return self.ask("GET", path, authorization)

    def post(self, path: str, authorization: str = "", **data: Any) -> Answer:
        return self.ask("POST", path, authorization, json.dumps(data).encode())

    def ask(self, method: str, path: str, authorization: str, body: bytes | None = None) -> Answer:
        headers = {"Content-Type": "application/json"}
        if authorization:
            headers["Authorization"] = authorization
        request = urllib.request.Request(
            self.root + path, data=body, headers=headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                status, content = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read()
        assert status < 500, (method, path, content[:2000])
        return Answer(status, json.loads(content) if content else None)

    def who(self, authorization: str) -> Any:
        """Return the user's name from the API's answer, or the status of a refusal."""
        answer = self.get("/api/me/", authorization)
        return answer.body["name"] if answer.status == 200 else answer.status


_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)"(?: value="([^"]*)")?')


class Browser:
    """A client that logs in with a session and sends forms."""

    def __init__(self, server: Server) -> None:
        self.root = server.root
        jar = urllib.request.HTTPCookieProcessor()
        self.opener = urllib.request.build_opener(jar)
        self.page = ""

    def get(self, path: str) -> str:
        with self.opener.open(self.root + path, timeout=60) as response:
            self.page = response.read().decode()
        return self.page

    def post(self, path: str, **fields: str) -> str:
        """Send the form of the current page with these fields and its hidden fields."""
        hidden = dict(_HIDDEN.findall(self.page))
        fields = {**hidden, **fields}
        data = urllib.parse.urlencode(fields).encode()
        with self.opener.open(self.root + path, data=data, timeout=60) as response:
            self.page = response.read().decode()
        return self.page

    def log_in(self, name: str) -> str:
        self.get("/accounts/login/")
        return self.post("/accounts/login/", username=name, password=PASSWORD)


class Release:
    """One release of the project's code."""

    def __init__(self, home: Path, database: Path) -> None:
        self.home = home
        self.gone = home.with_name(f"{home.name}_gone")
        self.env = {
            **{name: value for name, value in os.environ.items() if "DJANGO" not in name},
            "DATABASE": str(database),
            "PYTHONPATH": os.pathsep.join([str(self.gone), str(PACKAGE)]),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def manage(self, *arguments: str, typed: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.home,
            env=self.env,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout

    def add_users(self, *names: str) -> None:
        users = [f"User.objects.create_user({name!r}, password={PASSWORD!r})" for name in names]
        typed = "\n".join(["from django.contrib.auth.models import User", *users, ""])
        self.manage("shell", typed=typed)

    def delete_users(self) -> None:
        deletion = "User.objects.all().delete()"
        self.manage("shell", typed=f"from django.contrib.auth.models import User\n{deletion}\n")

    def uninstall(self, package: str) -> None:
        """Make imports of the package fail. It stays installed for the other tests."""
        self.gone.mkdir(exist_ok=True)
        module = MODULES[package]
        text = f"raise ModuleNotFoundError({package!r}, name={module!r})\n"
        (self.gone / f"{module}.py").write_text(text, "utf-8")

    def follow(self, block: Block) -> str:
        """Do what a block says. Return the output of its commands."""
        if block.language in ("diff", "python"):
            block.write(self.home)
        elif block.language == "pycon":
            self.manage("shell", typed=block.typed())
        elif block.language == "sh":
            return "".join(self.type(shlex.split(line)) for line in block.text.splitlines())
        return ""

    def type(self, words: list[str]) -> str:
        if words[:2] == ["python", "manage.py"]:
            return self.manage(*words[2:])
        if words[:4] == ["python", "-m", "pip", "uninstall"]:
            self.uninstall(words[4])
        elif words[0] == "rm":
            (self.home / words[1]).unlink()
        else:
            # The package is already installed.
            assert words == ["python", "-m", "pip", "install", "drf-token-auth"], words
        return ""

    @contextmanager
    def serving(self) -> Iterator[Server]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = self.home.with_name(f"{self.home.name}.log")
        with log.open("a") as out:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
                cwd=self.home,
                env=self.env,
                stdout=out,
                stderr=out,
            )
            try:
                self._wait(process, port, log)
                yield Server(port)
            finally:
                process.terminate()
                process.wait()

    def _wait(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        for _ in range(600):
            assert process.poll() is None, log.read_text()
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError(log.read_text())


class Site:
    """A project that starts with the old package and follows a guide."""

    def __init__(self, home: Path, source: str, page: str = "") -> None:
        self.home = home
        self.source = source
        self.guide = Guide(page or source)
        self.database = home / "db.sqlite3"
        self.releases: list[Release] = []
        project = home / "release0"
        shutil.copytree(PROJECTS / source, project)
        shutil.copy(PROJECTS / "manage.py", project)
        self.releases.append(Release(project, self.database))
        self.releases[0].manage("migrate")

    def release(self, *steps: int) -> Release:
        """Make the next release: copy the last one, and change the copy as the steps say."""
        project = self.home / f"release{len(self.releases)}"
        shutil.copytree(self.releases[-1].home, project)
        release = Release(project, self.database)
        self.releases.append(release)
        self.follow(release, *steps)
        return release

    def follow(self, release: Release, *steps: int) -> str:
        return "".join(release.follow(block) for n in steps for block in self.guide.step(n))


def basic(name: str, password: str = PASSWORD) -> str:
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"
