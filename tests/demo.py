"""Start the example project as a person does: in its own process, with real HTTP."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "example_project"
EMAIL, PASSWORD = "demo@example.com", "open-sesame-42"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def hear_ctrl_c() -> None:
    """Restore Ctrl-C. A process of pytest-xdist ignores it, and so do its child processes."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Demo:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "demo.log"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8")

    @property
    def curl_lines(self) -> list[str]:
        whole = self.printed.replace("\\\n", "")
        return re.findall(r"^ *((?:\w+=\$\()?curl .*)$", whole, re.MULTILINE)

    @contextmanager
    def running(self) -> Iterator[Demo]:
        with self.log.open("w", encoding="utf-8") as log:
            process = subprocess.Popen(
                [sys.executable, "demo.py", f"127.0.0.1:{self.port}"],
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=hear_ctrl_c,  # noqa: PLW1509 -- this process has no threads
            )
        try:
            self.wait(process)
            yield self
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            try:
                urllib.request.urlopen(self.url, timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError(f"the demo does not serve: {self.printed}")

    def ask(
        self, method: str, path: str, data: bytes | None = None, **headers: str
    ) -> tuple[int, Any, str]:
        """Send a real request. Return the status, the headers and the body of the answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, data, named, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers, answer.read().decode()
