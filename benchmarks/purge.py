"""Measure how fast a million expired rows are deleted, and how this slows requests (PostgreSQL).

Each method runs three times, each time on a fresh copy of its package's database. The first run
measures its speed. During the second, another process authenticates at a steady pace. During the
third, another process reads the age of the transaction. The runs are separate, because on a small
machine the reading would slow the authentications down.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from . import asking, databases, goals, harness, packages
from .report import Report

DEFAULTS = {"rounds": 3}
QUICK = {"rounds": 1, "rows": 20_000}

PER_USER = 20
# Seconds between authentications, and between readings of the transaction's age.
PAUSE = 0.002
LOOK = 0.002


def _ours() -> None:
    from django.core.management import call_command

    call_command("purge_expired_tokens", verbosity=0)


def _one_delete() -> None:
    from django.db import connection

    from drf_token_auth import get_token_model

    table = get_token_model()._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE expires_at <= now()")


def _flushexpiredtokens() -> None:
    from django.core.management import call_command

    call_command("flushexpiredtokens", verbosity=0)


def _cleartokens() -> None:
    from django.core.management import call_command

    call_command("cleartokens", verbosity=0)


METHODS: dict[str, tuple[str, Callable[[], None]]] = {
    "drf-token-auth": ("drf-token-auth", _ours),
    "one DELETE": ("drf-token-auth", _one_delete),
    "flushexpiredtokens": ("simplejwt", _flushexpiredtokens),
    "cleartokens": ("oauth-toolkit", _cleartokens),
}
# These peers take a minute or more, so they have only one round.
SLOW = ("flushexpiredtokens", "cleartokens")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=1_000_000, help="expired rows")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))


def run(options: argparse.Namespace) -> Report:
    if options.database != "postgres":
        raise SystemExit("purge: PostgreSQL only.")
    report = Report(f"purge of {options.rows:,} expired rows", vars(options), unit="s, ms, µs, MB")
    alone: dict[str, harness.Samples] = {name: [] for name in options.methods}
    beside: dict[str, list[dict[str, float]]] = {name: [] for name in options.methods}
    with ExitStack() as stack:
        filled = {}
        for name in {METHODS[method][0] for method in options.methods}:
            database = stack.enter_context(databases.new("postgres"))
            filled[name] = (database, _fill(packages.BY_NAME[name], database, options.rows))
        for number in range(options.rounds):
            order = [name for name in options.methods if number == 0 or name not in SLOW]
            random.shuffle(order)
            for method in order:
                database, keys = filled[METHODS[method][0]]
                with databases.new("postgres", template=database) as copy:
                    outcome = _alone(method, copy, options.rows)
                alone[method].append([outcome["seconds"]])
                with databases.new("postgres", template=database) as copy:
                    outcome |= _beside(method, copy, keys)
                with databases.new("postgres", template=database) as copy:
                    outcome["longest ms"] = _watched(method, copy)
                beside[method].append(outcome)
    _compare(report, options, alone, beside)
    return report


def _fill(package: packages.Package, database: dict[str, Any], rows: int) -> list[tuple[int, str]]:
    with harness.worker(package.name, database) as worker:
        worker.call(harness.migrate)
        keys = worker.call(packages.fill, package, users=rows // 50)
        worker.call(
            packages.fill,
            package,
            users=rows // PER_USER,
            per_user=PER_USER,
            known=1,
            expired=True,
        )
        worker.call(asking.learn, {"live": keys})
        worker.call(asking.warm_up, package)
        return keys


def count(package_name: str) -> int:
    """Inside a worker: write all rows to disk, and return their number."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    rows: int = packages.BY_NAME[package_name].model()._base_manager.count()
    return rows


def purge(method: str) -> dict[str, float]:
    """Inside a worker: run the method. Return its time, and how much the peak memory grew."""
    _, function = METHODS[method]
    peak = _peak_memory()
    started = time.perf_counter()
    function()
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "MB": (_peak_memory() - peak) / 1024}


def left(package_name: str) -> int:
    """Inside a worker: return the number of expired rows that are still there."""
    from django.utils import timezone

    package = packages.BY_NAME[package_name]
    expired = {f"{package.expiry_column}__lte": timezone.now()}
    rows: int = package.model()._base_manager.filter(**expired).count()
    return rows


def _peak_memory() -> int:
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes // 1024 if sys.platform == "darwin" else kilobytes


def _alone(method: str, database: dict[str, Any], rows: int) -> dict[str, float]:
    name = METHODS[method][0]
    with harness.worker(name, database) as worker:
        before = worker.call(count, name)
        outcome: dict[str, float] = worker.call(purge, method)
        deleted, rest = before - worker.call(count, name), worker.call(left, name)
    if rest or abs(deleted - rows) > PER_USER:
        raise AssertionError(f"{method}: {deleted} rows deleted, {rest} left")
    return outcome


def _beside(method: str, database: dict[str, Any], keys: list[tuple[int, str]]) -> dict[str, float]:
    package = packages.BY_NAME[METHODS[method][0]]
    with (
        harness.worker(package.name, database) as purging,
        harness.worker(package.name, database) as asking_worker,
    ):
        asking_worker.call(asking.learn, {"live": keys})
        asking_worker.call(asking.warm_up, package)

        def ask(seconds: float) -> list[float]:
            taken: list[float] = asking_worker.call(asking.paced, package, "live", seconds, PAUSE)
            return taken

        purging.call(count, package.name)
        quiet = ask(2.0)
        purging.start(purge, method)
        busy = []
        while purging.is_busy():
            busy += ask(0.1)
        purging.result()
        quiet += ask(2.0)
    return {"quiet p95": harness.percentile(quiet, 95), "busy p95": harness.percentile(busy, 95)}


def _watched(method: str, database: dict[str, Any]) -> float:
    """Return the age of the longest transaction, in milliseconds."""
    name = METHODS[method][0]
    ages: list[float] = []
    stopped = threading.Event()
    with harness.worker(name, database) as worker:
        worker.call(count, name)
        pid = worker.call(backend_pid)
        watch = threading.Thread(target=_watch, args=(database["NAME"], pid, stopped, ages))
        watch.start()
        worker.call(purge, method)
        stopped.set()
        watch.join()
    return max(ages, default=0.0) * 1000


def backend_pid() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
    return pid


def _watch(name: str, pid: int, stopped: threading.Event, ages: list[float]) -> None:
    import psycopg

    question = (
        "SELECT extract(epoch FROM clock_timestamp() - xact_start)::float8"
        " FROM pg_stat_activity WHERE pid = %s"
    )
    with psycopg.connect(dbname=name, autocommit=True) as connection:
        while not stopped.wait(LOOK):
            found = connection.execute(question, [pid]).fetchone()
            if found is not None and found[0] is not None:
                ages.append(found[0])


def _compare(
    report: Report,
    options: argparse.Namespace,
    alone: dict[str, harness.Samples],
    beside: dict[str, list[dict[str, float]]],
) -> None:
    for method in options.methods:
        rounds = beside[method]
        report.cases[method] = {
            "seconds": statistics.median(seconds for [seconds] in alone[method]),
            "longest ms": max(one["longest ms"] for one in rounds),
            "quiet p95": statistics.median(one["quiet p95"] for one in rounds),
            "busy p95": statistics.median(one["busy p95"] for one in rounds),
            "more MB": max(one["MB"] for one in rounds),
        }
    ours, delete = "drf-token-auth", "one DELETE"
    if ours not in options.methods:
        return
    for method in options.methods:
        if method != ours:
            # Speed is the inverse of time. The slow methods have only one round.
            count = len(alone[method])
            found = harness.ratio(alone[method], alone[ours][:count])
            report.add_ratio(
                f"speed of {ours} / {method}",
                goal=goals.PURGE_SPEED if method == delete else None,
                **found,
            )
    report.add_ratio(
        f"longest transaction of {ours} / 50 ms",
        report.cases[ours]["longest ms"] / 50,
        goals.PURGE_TRANSACTION,
    )
    for method in options.methods:
        report.add_ratio(
            f"95th percentile of authentication beside {method} / quiet",
            statistics.median(one["busy p95"] / one["quiet p95"] for one in beside[method]),
            goals.PURGE_BESIDE if method == ours else None,
        )
    report.notes.append(
        "longest ms: the highest age of a transaction in all rounds, read about every "
        f"{LOOK * 1000:.0f} ms. more MB: how much the peak memory of the process grew."
    )
