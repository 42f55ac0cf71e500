"""Time to authenticate one request among other work.

One process has four packages. It calls their authenticators in turn, so each authenticator finds
the processor's caches full of other code and data, as it does in a server.
"""

from __future__ import annotations

import argparse
import random

from . import asking, databases, goals, harness, packages
from .report import Report

DEFAULTS = {"rounds": 40}
QUICK = {"rounds": 5, "users": 200}

NAMES = ["drf-token-auth", "authtoken", "knox", "simplejwt"]
CALLS_A_ROUND = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--users", type=int, default=5000, help="users of each package. Each user has one token"
    )


def run(options: argparse.Namespace) -> Report:
    report = Report(f"authenticate one request among other work, {options.database}", vars(options))
    with (
        databases.new(options.database) as database,
        harness.worker("+".join(NAMES), database) as worker,
    ):
        worker.call(harness.migrate)
        for name in NAMES:
            package = packages.BY_NAME[name]
            worker.call(
                asking.learn,
                {name: worker.call(packages.fill, package, users=options.users, known=200)},
            )
        worker.call(warm_up)
        samples: dict[str, harness.Samples] = {name: [] for name in NAMES}
        for _ in range(options.rounds):
            for name, taken in worker.call(in_turn, CALLS_A_ROUND).items():
                samples[name].append(taken)
    ours = "drf-token-auth"
    report.compare(samples, ours, "authtoken", goals.AMONG[options.database])
    for peer in ("knox", "simplejwt"):
        report.compare(samples, ours, peer)
    report.add_samples(samples)
    return report


def warm_up() -> None:
    """Inside the worker: use each key once, because the first use writes to the database."""
    for name in NAMES:
        asking.warm_up(packages.BY_NAME[name], name)


def in_turn(count: int) -> dict[str, list[float]]:
    """Inside the worker: time ``count`` calls of each package in random order, in microseconds."""
    order = [packages.BY_NAME[name] for name in NAMES]
    taken: dict[str, list[float]] = {name: [] for name in NAMES}
    for _ in range(count):
        random.shuffle(order)
        for package in order:
            taken[package.name] += asking.authenticate_once(package, package.name)
    return taken
