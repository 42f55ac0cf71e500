"""Show how this package's authenticator spends its time, by nested steps and by functions.

The steps are timed like every other benchmark. The functions are timed by cProfile, which makes
each call slower. So trust only the order of the functions, not their times.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import pstats
import random
from contextlib import ExitStack
from functools import partial
from typing import Any

from . import asking, databases, harness, packages
from .report import Report

DEFAULTS = {"rounds": 40}
QUICK = {"rounds": 8}

PACKAGE = packages.BY_NAME["drf-token-auth"]
STEPS = [
    "SELECT 1",
    "the statement and its row",
    "token and user built",
    "lookup.authenticate",
    "the authenticator",
]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--lines", type=int, default=40, help="functions to show")


def run(options: argparse.Namespace) -> Report:
    report = Report(f"profile of drf-token-auth, {options.database}", vars(options))
    with ExitStack() as stack:
        database = stack.enter_context(databases.new(options.database))
        workers = harness.workers(stack, PACKAGE.name, database)
        workers[""].call(harness.migrate)
        keys = workers[""].call(packages.fill, PACKAGE, users=options.rows)
        cases = {}
        for label, one in workers.items():
            one.call(asking.learn, {"all": keys})
            one.call(asking.warm_up, PACKAGE)
            for step in STEPS:
                cases[f"{step}{label}"] = partial(one.call, time_step, step, 20)
        samples = harness.rounds(cases, options.rounds)
        for label in workers:
            for step in STEPS[:-1]:
                report.compare(samples, f"{step}{label}", f"{STEPS[-1]}{label}")
        report.add_samples(samples)
        for label, one in workers.items():
            report.notes.append(f"functions{label}:")
            report.notes.append(one.call(profiled, 2000, options.lines))
    return report


def time_step(step: str, count: int) -> list[float]:
    """Inside a worker: time ``count`` runs of the step, in microseconds."""
    action, items = _prepared_step(step, count + asking.UNTIMED)
    return harness.timed(action, items)[asking.UNTIMED :]


def _prepared_step(step: str, count: int) -> tuple[Any, list[Any]]:
    from django.db import connection

    from drf_token_auth import keys, lookup
    from drf_token_auth.lookup import fast_select as statement

    model = PACKAGE.model()
    chosen = [key for _, key in random.choices(asking._keys["all"], k=count)]
    if step == "the authenticator":
        return PACKAGE.authenticate(), [asking.request(PACKAGE.headers(key)) for key in chosen]
    if step == "lookup.authenticate":
        return partial(lookup.authenticate, model, record_use=True), chosen
    digests = [keys.possible_digests(key, "dta_", {}) for key in chosen]
    if step == "token and user built":
        return partial(statement.fetch, model, using="default"), digests
    if step == "SELECT 1":
        return _select_one, [None] * count
    compiled = statement._compile(model, digests[0], connection)
    if compiled is None:
        raise AssertionError("the statement is left to the ORM")
    return partial(statement._select, compiled, connection=connection), digests


def _select_one(_: Any) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def profiled(count: int, lines: int) -> str:
    """Inside a worker: return the slowest functions in ``count`` authentications."""
    authenticate, asked = _prepared_step("the authenticator", count)
    profiler = cProfile.Profile()
    for request in asked:
        profiler.enable()
        authenticate(request)
        profiler.disable()
    text = io.StringIO()
    pstats.Stats(profiler, stream=text).strip_dirs().sort_stats("tottime").print_stats(lines)
    return text.getvalue().strip()
