from __future__ import annotations

import json
import os
import pty
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.demo import EMAIL, PASSWORD, PROJECT, Demo, hear_ctrl_c

JSON = {"Content_Type": "application/json"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with Demo(tmp_path_factory.mktemp("demo")).running() as running:
        yield running


def log_in(demo: Demo, **more: str) -> dict[str, Any]:
    data = json.dumps({"email": EMAIL, "password": PASSWORD, **more}).encode()
    status, headers, body = demo.ask("POST", "/auth/login/", data, **JSON)
    assert (status, headers["Cache-Control"]) == (200, "private, no-store")
    return json.loads(body)


def notes(demo: Demo, key: str, scheme: str = "Token") -> tuple[int, Any, str]:
    return demo.ask("GET", "/api/notes/", Authorization=f"{scheme} {key}")


def test_the_printed_lines_work_when_they_are_pasted(demo):
    lines = demo.curl_lines
    assert len(lines) == 6
    script = "\n".join(line.replace("curl -sS", "curl -sS --fail-with-body") for line in lines)
    for _ in range(2):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert '"text":"Buy milk"' in done.stdout
        assert '"current":true' in done.stdout


def test_the_output_has_the_address_and_a_login(demo):
    assert demo.url in demo.printed
    assert EMAIL in demo.printed
    assert PASSWORD in demo.printed


def test_a_login_takes_json_and_a_form(demo):
    token = log_in(demo, name="laptop")
    assert re.fullmatch(r"dta_[0-9A-Za-z]{36}", token["token"])
    assert token["expires_at"]
    form = f"username={EMAIL}&password={PASSWORD}".encode()
    status, _, body = demo.ask("POST", "/auth/login/", form)
    assert status == 200
    assert notes(demo, json.loads(body)["token"])[0] == 200


def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(demo):
    answers = set()
    for email, password in [(EMAIL, "wrong"), ("nobody@example.com", PASSWORD)]:
        data = json.dumps({"email": email, "password": password}).encode()
        status, _, body = demo.ask("POST", "/auth/login/", data, **JSON)
        answers.add((status, body))
    assert len(answers) == 1
    assert answers.pop()[0] == 400


def test_a_logout_logs_out_one_device_only(demo):
    one, other = log_in(demo)["token"], log_in(demo)["token"]
    assert notes(demo, one)[0] == notes(demo, other)[0] == 200
    assert demo.ask("POST", "/auth/logout/", b"", Authorization=f"Token {one}")[0] == 204
    status, headers, body = notes(demo, one)
    assert status == 401
    assert headers["WWW-Authenticate"] == 'Token realm="api", error="invalid_token"'
    assert "token" in json.loads(body)["detail"].lower()
    assert notes(demo, other)[0] == 200
    demo.ask("POST", "/auth/logout/all/", b"", Authorization=f"Token {other}")
    assert notes(demo, other)[0] == 401


def test_a_request_without_a_token_is_refused(demo):
    status, headers, _ = demo.ask("GET", "/api/notes/")
    assert (status, headers["WWW-Authenticate"]) == (401, 'Token realm="api"')


@pytest.mark.parametrize(
    "credentials",
    [
        b"",
        b"Token",
        b"Token ",
        b"Token a b c",
        b"Token \xff\xfe\xfa",
        b"Token a\x00b",
        "Token \N{GRINNING FACE}".encode(),
        b"Token dta_" + b"a" * 36,
        b"Token " + b"a" * 8_000,
        b"Token " + b"a" * 1_000_000,
    ],
    ids=["empty", "word", "space", "parts", "bytes", "nul", "emoji", "checksum", "8k", "1M"],
)
def test_no_header_causes_a_server_error(demo, credentials):
    request = b"GET /api/notes/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    with socket.create_connection(("127.0.0.1", demo.port), timeout=20) as connection:
        try:
            connection.sendall(request + b"Authorization: " + credentials + b"\r\n\r\n")
            answer = connection.recv(200)
        except (BrokenPipeError, ConnectionResetError):
            answer = b"HTTP/1.1 431 it hung up on so long a header"
    assert re.match(rb"HTTP/1.\d (400|401|431) ", answer), answer


def test_create_token_prints_only_a_key_that_works(demo):
    made = demo.manage("create_token", EMAIL, "--never", "--scopes", "read", "--name", "ci")
    assert made.returncode == 0, made.stderr
    key = made.stdout.strip()
    assert made.stdout == f"{key}\n"
    assert notes(demo, key)[0] == 200
    status, headers, _ = demo.ask("POST", "/api/notes/", b"text=no", Authorization=f"Token {key}")
    assert status == 403
    assert 'error="insufficient_scope", scope="write"' in headers["WWW-Authenticate"]


def test_an_expired_token_is_refused_before_and_after_the_purge(demo):
    key = demo.manage("create_token", EMAIL, "--ttl", "1s", "--name", "short").stdout.strip()
    expire = "Token.objects.filter(name='short').update(expires_at=timezone.now())"
    imports = "from drf_token_auth.models import Token; from django.utils import timezone"
    demo.manage("shell", "-c", f"{imports}; {expire}")
    assert "expired" in notes(demo, key)[2]
    assert demo.manage("purge_expired_tokens").stdout == "1 expired token deleted.\n"
    status, _, body = notes(demo, key)
    assert status == 401
    assert "expired" not in body
    assert demo.manage("purge_expired_tokens").stdout == "0 expired tokens deleted.\n"


def test_the_demo_starts_again_with_an_existing_database(demo, tmp_path):
    again = Demo(tmp_path)
    again.environment = demo.environment
    with again.running():
        assert notes(again, log_in(again)["token"])[0] == 200


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:", "TAKEN"])
def test_an_address_that_cannot_be_served_is_reported_without_a_traceback(demo, address):
    address = f"127.0.0.1:{demo.port}" if address == "TAKEN" else address
    done = subprocess.run(
        [sys.executable, "demo.py", address],
        cwd=PROJECT,
        env=demo.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert address in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("started_by", ["tox", "python"])
def test_ctrl_c_stops_the_demo_without_a_traceback(tmp_path, started_by):
    """If tox started the demo, Ctrl-C must reach only the demo, and the parent must go on."""
    demo = Demo(tmp_path)
    start = f"subprocess.call([sys.executable, 'demo.py', '{demo.port}'])"
    parent = f"import subprocess, sys; print('ended with', {start})"
    environment = {**demo.environment, "TOX_ENV_NAME": "demo"}
    child, terminal = pty.fork()
    if child == 0:
        hear_ctrl_c()
        os.chdir(PROJECT)
        arguments = ["-c", parent] if started_by == "tox" else ["demo.py", str(demo.port)]
        os.execve(sys.executable, [sys.executable, *arguments], environment)
    said, is_stopped = b"", False
    while True:
        try:
            said += os.read(terminal, 4096)
        except OSError:
            break
        if b"Quit the server" in said and not is_stopped:
            is_stopped = True
            os.write(terminal, b"\x03")
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, said
    lines = said.decode().splitlines()
    assert "The server has stopped." in lines
    assert "Traceback" not in said.decode()
    assert ("ended with 0" in said.decode()) == (started_by == "tox")


def test_the_project_has_no_errors_and_no_missing_migrations(demo):
    assert demo.manage("check").returncode == 0
    assert demo.manage("makemigrations", "--check", "--dry-run").returncode == 0


def test_the_page_has_no_inline_script(demo):
    status, _, page = demo.ask("GET", "/")
    assert status == 200
    assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/web/page.js" defer>']
    assert not re.search(r"\son\w+=", page)
    assert demo.ask("GET", "/static/web/page.js")[0] == 200
    assert demo.ask("GET", "/static/web/page.css")[0] == 200
