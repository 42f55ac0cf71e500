"""Start a primary and its streaming replica, on the ports 54321 and 54322.

The tests use real databases of these clusters, because Django's test databases do not support
replication. The tests fail without the programs of PostgreSQL, such as those in Debian's package
postgresql.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from tests.settings.replica import PRIMARY_PORT, REPLICA_PORT


class Clusters:
    """Both servers. An ordinary user runs them, because PostgreSQL refuses root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        newest = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
        self.bin = newest[0] if newest else Path(shutil.which("initdb") or "initdb").parent
        self.as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

    def run(self, program: str, *arguments: object) -> None:
        command = [*self.as_user, str(self.bin / program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def start(self, name: str, port: int) -> None:
        options = f"-p {port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        log = self.folder / f"{name}.log"
        self.run("pg_ctl", "-D", self.folder / name, "-o", options, "-l", log, "-w", "start")

    def stop(self, name: str) -> None:
        self.run("pg_ctl", "-D", self.folder / name, "-m", "immediate", "-w", "stop")

    def set_up(self) -> None:
        self.run("initdb", "-D", self.folder / "primary", "-U", "postgres", "-A", "trust")
        self.start("primary", PRIMARY_PORT)
        source = f"host=127.0.0.1 port={PRIMARY_PORT} user=postgres"
        self.run("pg_basebackup", "-d", source, "-D", self.folder / "replica", "-R", "-X", "stream")
        self.start("replica", REPLICA_PORT)


@pytest.fixture(scope="session")
def clusters() -> Iterator[Clusters]:
    folder = Path(tempfile.mkdtemp(prefix="drf_token_auth_replica_"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    servers = Clusters(folder)
    try:
        servers.set_up()
        yield servers
    finally:
        for name in ("replica", "primary"):
            if (folder / name / "postmaster.pid").exists():
                servers.stop(name)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def _schema(clusters: Clusters, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)


@pytest.fixture(autouse=True)
def _databases(_schema: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield
        for connection in connections.all():
            connection.close()


@pytest.fixture
def catch_up() -> Callable[[], None]:
    """Return a function that waits until the replica has replayed all writes of the primary."""

    def wait() -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_lsn()::text")
            [written] = cursor.fetchone()
        deadline = time.monotonic() + 30
        with connections["replica"].cursor() as cursor:
            while time.monotonic() < deadline:
                cursor.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [written])
                if cursor.fetchone()[0]:
                    return
                time.sleep(0.05)
        raise AssertionError("the replica does not catch up")

    return wait


@pytest.fixture
def paused(catch_up: Callable[[], None]) -> Iterator[None]:
    """Pause the replay, so that the replica shows nothing newer."""
    catch_up()
    replay("pause")
    yield
    replay("resume")


def replay(what: str) -> None:
    with connections["replica"].cursor() as cursor:
        cursor.execute(f"SELECT pg_wal_replay_{what}()")
