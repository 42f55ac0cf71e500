"""Whole requests per second through gunicorn or uvicorn.

Each package has its own server. wrk sends requests to one server after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from . import asking, databases, goals, harness, packages, project
from .report import Report

DEFAULTS = {"rounds": 20}
QUICK = {"rounds": 3}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--server", choices=["gunicorn", "uvicorn"], default="gunicorn")
    parser.add_argument(
        "--seconds", type=int, default=1, help="seconds of load on a server in each round"
    )
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument(
        "--prepared", action="store_true", help="use prepared statements with every package"
    )
    parser.add_argument(
        "--middleware",
        choices=["needed", "startproject"],
        default="needed",
        help="the middleware that the package needs, or that startproject writes",
    )
    parser.add_argument("--rows", type=int, default=20_000)


def run(options: argparse.Namespace) -> Report:
    if shutil.which("wrk") is None:
        raise SystemExit("requests: needs the program wrk (apt install wrk, brew install wrk).")
    title = f"whole requests, {options.server}, {options.database}"
    if options.prepared:
        title += ", prepared"
    report = Report(title, vars(options), unit="requests/s; latencies in µs")
    cases = {}
    outcomes: dict[str, list[dict[str, float]]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for package in [*packages.BASELINES, *options.packages]:
            database = stack.enter_context(databases.new(options.database))
            headers = folder / package.name
            headers.write_text("\n".join(_headers(package, database, options.rows)))
            port = stack.enter_context(_serve(package, _tuned(database, options), options))
            outcomes[package.name] = []
            cases[package.name] = partial(_load, outcomes[package.name], port, headers, options)
        for case in cases.values():
            case()  # warm-up
        for outcome in outcomes.values():
            outcome.clear()
        samples = harness.rounds(cases, options.rounds)
    for package in options.packages:
        if package.name != "drf-token-auth":
            goal = goals.REQUESTS.get(package.name) if options.database == "postgres" else None
            report.compare(samples, "drf-token-auth", package.name, goal)
    for baseline in packages.BASELINES:
        report.compare(samples, "drf-token-auth", baseline.name)
    for name, outcome in outcomes.items():
        report.cases[name] = {
            "requests/s": statistics.median(rate for [rate] in samples[name]),
            "median": statistics.median(one["p50"] for one in outcome),
            "p95 latency": statistics.median(one["p95"] for one in outcome),
        }
    return report


def _headers(package: packages.Package, database: dict[str, Any], rows: int) -> list[str]:
    if package in packages.BASELINES:
        return ["X-Nothing: 1"]
    with harness.worker(package.name, database) as worker:
        worker.call(harness.migrate)
        keys = worker.call(packages.fill, package, users=rows, known=200)
        worker.call(asking.learn, {"all": keys})
        worker.call(asking.warm_up, package)
    lines = []
    for _, key in keys:
        [(name, value)] = package.headers(key).items()
        lines.append(f"{name.removeprefix('HTTP_').title()}: {value}")
    return lines


def _tuned(database: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """Return the database with connections that outlive a request, except SQLite under uvicorn."""
    if options.database == "postgres":
        if options.prepared:
            database = databases.with_options(database, **databases.PREPARED)
        if options.server == "uvicorn":
            return databases.with_options(database, pool={"min_size": 1, "max_size": 2})
    return {**database, "CONN_MAX_AGE": None if options.server == "gunicorn" else 0}


@contextmanager
def _serve(
    package: packages.Package, database: dict[str, Any], options: argparse.Namespace
) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    setup: dict[str, Any] = {"package": package.name, "database": database}
    if options.middleware == "startproject":
        setup["middleware"] = project.STARTPROJECT_MIDDLEWARE
    if options.server == "gunicorn":
        command = ["gunicorn", "benchmarks.server:wsgi", f"--bind=127.0.0.1:{port}"]
        command += ["--worker-class=gthread", "--threads=1", "--keep-alive=60"]
        command += [f"--workers={options.workers}", "--log-level=error"]
    else:
        command = ["uvicorn", "benchmarks.server:asgi", "--host=127.0.0.1", f"--port={port}"]
        command += [f"--workers={options.workers}", "--log-level=error", "--no-access-log"]
    server = subprocess.Popen(
        [sys.executable, "-m", *command],
        env={**os.environ, "BENCHMARKS_SERVER": json.dumps(setup)},
    )
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError("the server ended before it began")
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not listen")


def _load(
    outcomes: list[dict[str, float]], port: int, headers: Path, options: argparse.Namespace
) -> list[float]:
    script = Path(__file__).with_name("requests.lua")
    command = ["wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}s"]
    command += ["-s", str(script), f"http://127.0.0.1:{port}/"]
    output = subprocess.run(
        command,
        env={**os.environ, "BENCHMARKS_HEADERS": str(headers)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    outcome = json.loads(output.strip().splitlines()[-1])
    if outcome["failed"]:
        raise RuntimeError(f"{headers.name}: {outcome['failed']} requests failed")
    outcomes.append(outcome)
    return [outcome["requests"] / outcome["microseconds"] * 1_000_000]
