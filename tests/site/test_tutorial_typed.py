"""Follow the tutorial as a newcomer does: an empty folder, a real server, a new shell per step."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import socket
import subprocess
import sys
import time
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.docs.pages import DOCS, Block, blocks, curl_lines, fits

SETTINGS_OF_THIS_PROCESS = {"DJANGO_SETTINGS_MODULE", "DATABASE_URL"}
# The test does not run these commands. This process has an environment with the packages,
# Newcomer.project is the current folder, and paste() opens the shells. The last command is for a
# deployment.
LEFT_OUT = ("python -m venv", ". venv/", "python -m pip", "cd ", "python manage.py shell")
LEFT_OUT += ("python manage.py check --deploy",)


class Newcomer:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.server: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.key = ""
        self.answer: Any = None
        self.transcript = ""
        self.env = {k: v for k, v in os.environ.items() if k not in SETTINGS_OF_THIS_PROCESS}
        self.env["DJANGO_SUPERUSER_PASSWORD"] = "correct horse battery staple"

    @property
    def project(self) -> Path:
        return self.home / "mysite" if (self.home / "mysite").exists() else self.home

    def follow(self, step: list[Block]) -> None:
        pasted = [block.text for block in step if block.language == "python" and not block.file]
        for block in step:
            if block.text in pasted[:1]:
                self.transcript = self.paste(pasted)
            elif block.language == "python" and block.file:
                self.write(block)
            elif block.language == "output":
                shown = re.escape(block.text.strip()).replace(r"\.\.\.", ".*").replace("…", ".*")
                assert re.search(shown, self.transcript, re.DOTALL), (str(block), self.transcript)
            elif block.language == "sh":
                self.type(block)
            elif block.language == "json":
                assert fits(json.loads(block.text), self.answer), (str(block), self.answer)

    def write(self, block: Block) -> None:
        path = self.project / str(block.file)
        before = path.read_text() if path.name == "settings.py" else ""
        path.write_text(f"{before}\n{block.text}")
        if self.server is not None:
            self.leave()
            self.serve()

    def type(self, block: Block) -> None:
        for line in block.text.replace("\\\n", " ").splitlines():
            if "runserver" in line:
                self.serve()
            elif line.startswith("curl "):
                continue
            elif not line.startswith(LEFT_OUT):
                if "createsuperuser" in line:
                    line += " --no-input"
                self.run(*shlex.split(line))
        for method, path, headers, body in curl_lines(block):
            self.ask(method, path, headers, body)

    def run(self, program: str, *arguments: str) -> None:
        command = [sys.executable] if program == "python" else [sys.executable, "-m", "django"]
        done = subprocess.run(
            [*command, *arguments],
            check=False,
            cwd=self.project,
            env=self.env,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)

    def paste(self, texts: list[str]) -> str:
        """Return what a shell in a terminal shows when these blocks are pasted into it."""
        terminal, end = pty.openpty()
        shell = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "--interface", "python"],
            cwd=self.project,
            env={**self.env, "TERM": "dumb"},
            stdin=end,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        os.write(terminal, "".join([*texts, "exit()\n"]).encode())
        said, _ = shell.communicate(timeout=60)
        os.close(terminal)
        os.close(end)
        return said.decode()

    def serve(self) -> None:
        self.server = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", "--noreload", str(self.port)],
            cwd=self.project,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert self.server.poll() is None, "the server stopped"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.1)

    def ask(self, method: str, path: str, header_lines: list[str], body: str) -> None:
        headers = dict(line.split(": ", 1) for line in header_lines)
        headers = {name: value.replace("dta_YOUR_KEY", self.key) for name, value in headers.items()}
        request = Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=body.encode() or None,
            headers=headers,
            method=method,
        )
        try:
            with urlopen(request, timeout=60) as answer:
                content = answer.read()
        except HTTPError as error:
            with error:
                content = error.read()
        self.answer = json.loads(content) if content else None
        if self.answer and "token" in self.answer and "expires_at" in self.answer:
            self.key = self.answer["token"]

    def leave(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_the_tutorial_works_as_a_newcomer_types_it(tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path)
    try:
        for _, step in groupby(blocks(DOCS / "tutorial.md"), key=attrgetter("section")):
            newcomer.follow(list(step))
    finally:
        newcomer.leave()
    assert newcomer.answer == {"detail": "The token has expired."}
