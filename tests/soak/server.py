"""Start gunicorn with its own database, and measure what both use."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WORKERS, THREADS = 2, 4


@contextmanager
def database() -> Iterator[str]:
    """Make a second database beside that of DATABASE_URL, with all tables. Yield its name."""
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield connection.settings_dict["NAME"]
    finally:
        connection.creation.destroy_test_db("soak", verbosity=0)


class Server:
    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.log = log

    def memory(self) -> int:
        """Return the memory of all processes of the server, in bytes."""
        main = self.process.pid
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        pages = [Path(f"/proc/{pid}/statm").read_text().split()[1] for pid in [main, *children]]
        return sum(map(int, pages)) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def serving(name: str) -> Iterator[Server]:
    """Serve the project on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + "/" + name
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--workers", str(WORKERS), "--threads", str(THREADS)]
    command += ["--keep-alive", "600", "django.core.wsgi:get_wsgi_application()"]
    with tempfile.TemporaryDirectory() as folder, Path(folder, "log").open("wb") as log:
        environment = {**os.environ, "DATABASE_URL": url}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        server = Server(process, port, Path(log.name))
        try:
            _wait_for(server)
            yield server
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(server: Server) -> None:
    for _ in range(300):
        try:
            with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), 1):
                break
        except OSError:
            time.sleep(0.1)
    try:
        urllib.request.urlopen(server.url + "/who/", timeout=30)
    except urllib.error.HTTPError as error:
        if error.code != 401:
            raise RuntimeError(server.log.read_text()) from error


def connections_of_server() -> int:
    """Return how many connections the database has, without that of this process."""
    from django.db import connection

    name = connection.settings_dict["NAME"]
    question = "SELECT count(*) FROM information_schema.processlist WHERE db = %s"
    if connection.vendor == "postgresql":
        question = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        # Leave out the background workers that clean up tables.
        question += " AND backend_type = 'client backend'"
    with connection.cursor() as cursor:
        cursor.execute(question, [name])
        found: Any = cursor.fetchone()
    return int(found[0]) - 1
