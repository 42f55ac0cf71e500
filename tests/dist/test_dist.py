"""Build the wheel and the sdist from a clean clone, and follow the README with the wheel.

A reader of the README follows the sections in ``SECTIONS``, in an empty environment and a new
project. A block that begins with ``# settings.py`` or ``# urls.py`` goes to the end of that file.
The lines of a ``sh`` block run one after the other.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tarfile
import time
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SECTIONS = ("Install", "First request")


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def cloned(path: Path) -> Path:
    run("git", "clone", "--quiet", "--no-hardlinks", ROOT, path, cwd=ROOT)
    return path


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cloned(tmp_path_factory.mktemp("clone") / "clone")


def build(clone: Path) -> Path:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run(clone / ".ci" / "build", cwd=clone, PATH=path)
    return clone / "dist"


@pytest.fixture(scope="session")
def built(clone: Path) -> Path:
    return build(clone)


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    [wheel] = built.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def tracked(clone: Path) -> set[str]:
    return set(run("git", "ls-files", cwd=clone).split())


def test_the_wheel_has_the_package_and_nothing_else(wheel: Path, tracked: set[str]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    packed = {name for name in names if ".dist-info/" not in name}
    package = {name.removeprefix("src/") for name in tracked if name.startswith("src/")}
    assert packed == package
    assert "drf_token_auth/py.typed" in packed
    assert "drf_token_auth/migrations/0001_initial.py" in packed
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_two_builds_are_identical(built: Path, tmp_path: Path) -> None:
    again = build(cloned(tmp_path / "another folder"))
    first = {path.name: path.read_bytes() for path in built.iterdir()}
    assert len(first) == 2
    assert {path.name: path.read_bytes() for path in again.iterdir()} == first


def test_the_metadata_is_accepted_and_the_readme_renders(built: Path) -> None:
    printed = run(sys.executable, "-m", "twine", "check", "--strict", *built.iterdir(), cwd=built)
    assert printed.count("PASSED") == 2


def test_only_django_and_drf_are_required(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = message_from_bytes(archive.read(name))
    required = [one for one in metadata.get_all("Requires-Dist", []) if "extra ==" not in one]
    assert [re.split(r"\W", one)[0] for one in required] == ["Django", "djangorestframework"]


def test_the_sdist_has_all_files_for_a_build_and_the_tests(built: Path, tracked: set[str]) -> None:
    [sdist] = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {name for name in tracked if name.startswith(("src/", "tests/", "docs/", "example_"))}
    wanted |= {"CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "pyproject.toml", "tox.ini"}
    assert wanted - packed == set()


def blocks(readme: str) -> Iterator[tuple[str, str]]:
    """Yield the language and the text of each fenced block in the sections of ``SECTIONS``."""
    for section in re.split(r"^## ", readme, flags=re.MULTILINE):
        if section.startswith(SECTIONS):
            yield from re.findall(r"^```(\w+)\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)


class Newcomer:
    """A person with an empty virtual environment, a new project and the README."""

    def __init__(self, home: Path, wheel: Path, password: str) -> None:
        self.home = home
        self.project = home / "mysite"
        self.server: subprocess.Popen[bytes] | None = None
        self.token = ""
        self.port = free_port()
        venv.create(home / "venv", with_pip=True)
        # The README installs the package by its name. With this constraint, pip takes the wheel.
        constraint = home / "constraint.txt"
        constraint.write_text(f"drf-token-auth @ {wheel.as_uri()}\n")
        self.env = {
            "PATH": f"{home / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "DJANGO_SETTINGS_MODULE": "mysite.settings",
            "DJANGO_SUPERUSER_PASSWORD": password,
            "PIP_CONSTRAINT": str(constraint),
        }

    def follow(self, language: str, text: str) -> None:
        if language == "python":
            name = re.match(r"# (?:mysite/)?(settings|urls)\.py\n", text)
            assert name is not None, f"In which file?\n{text}"
            with (self.project / "mysite" / f"{name[1]}.py").open("a") as file:
                file.write(f"\n{text}")
        elif language == "sh":
            for line in text.replace("\\\n", " ").splitlines():
                self.type(line)

    def type(self, line: str) -> None:
        line = line.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")
        line = re.sub(r"dta_[^\"' ]+", self.token, line)
        if "manage.py runserver" in line:
            self.serve()
        elif "manage.py createsuperuser" in line:
            # The command asks for the password. The test puts it into the environment.
            self.shell(f"{line} --no-input")
        else:
            out = self.shell(line.replace("curl ", "curl --fail --silent --show-error "))
            self.token = (re.findall(r'"token": ?"(dta_\w+)"', out) or [self.token])[-1]

    def shell(self, line: str) -> str:
        cwd = self.project if self.project.exists() else self.home
        return run("bash", "-c", line, cwd=cwd, **self.env)

    def serve(self) -> None:
        self.server = subprocess.Popen(
            ["python", "manage.py", "runserver", "--noreload", str(self.port)],
            cwd=self.project,
            env=os.environ | self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert self.server.poll() is None, "the server stopped"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.1)

    def get(self, path: str, token: str = "") -> int:
        headers = {"Authorization": f"Token {token}"} if token else {}
        request = Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except HTTPError as error:
            with error:
                return error.code

    def leave(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_the_readme_works_as_it_is_written(clone: Path, wheel: Path, tmp_path: Path) -> None:
    steps = list(blocks((clone / "README.md").read_text("utf-8")))
    sent = re.search(r"password[=\": ]+([^\"'&} ]+)", "".join(text for _, text in steps))
    assert sent is not None, "the README's login sends no password"
    newcomer = Newcomer(tmp_path, wheel, password=sent[1])
    try:
        for language, text in steps:
            if not newcomer.project.exists() and (language == "python" or "manage.py" in text):
                # The README adds to an existing project. The test makes a new one.
                newcomer.shell("django-admin startproject mysite")
            newcomer.follow(language, text)
        assert newcomer.token, "no answer held a token"
        assert newcomer.get("/auth/token/", newcomer.token) == 200
        assert newcomer.get("/auth/token/") == 401
        assert newcomer.get("/auth/token/", f"{newcomer.token[:-1]}!") == 401
        assert "no issues" in newcomer.shell("python manage.py check")
        newcomer.shell("python manage.py purge_expired_tokens")
    finally:
        newcomer.leave()
