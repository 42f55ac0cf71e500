"""Time to authenticate one request, by package and by tokens per user."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from functools import partial

from . import asking, databases, harness, packages
from .report import Report

DEFAULTS = {"rounds": 60}
QUICK = {"rounds": 8, "rows": 2000, "per_user": [1, 20]}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--per-user", type=int, nargs="+", default=[1, 20, 1000], metavar="N")
    parser.add_argument("--rows", type=int, default=20000, help="rows for each N")


def run(options: argparse.Namespace) -> Report:
    report = Report(f"authenticate one request, {options.database}", vars(options))
    cases = {}
    with ExitStack() as stack:
        for package in options.packages:
            database = stack.enter_context(databases.new(options.database))
            workers = harness.workers(stack, package.name, database)
            first = workers[""]
            first.call(harness.migrate)
            groups = {}
            for count in options.per_user if package.many_per_user else [1]:
                users = max(1, options.rows // count)
                groups[str(count)] = first.call(packages.fill, package, users=users, per_user=count)
            for label, worker in workers.items():
                worker.call(asking.learn, groups)
                worker.call(asking.warm_up, package)
                for count in groups:
                    cases[f"{package.name}, {count} a user{label}"] = partial(
                        worker.call, asking.authenticate, package, count, 20
                    )
        samples = harness.rounds(cases, options.rounds)
    _compare(report, samples)
    report.add_samples(samples)
    return report


def _compare(report: Report, samples: dict[str, harness.Samples]) -> None:
    ours = "drf-token-auth, 1 a user"
    compare = partial(report.compare, samples)
    compare(ours, "authtoken, 1 a user")
    compare(f"{ours}, prepared", "authtoken, 1 a user, prepared")
    compare(f"{ours}, prepared", "authtoken, 1 a user")
    compare("drf-token-auth, 20 a user", "knox, 20 a user")
    compare("drf-token-auth, 1000 a user", "knox, 1000 a user")
    compare("drf-token-auth, 1000 a user", ours)
    for peer in ("knox", "durin", "simplejwt", "sessions"):
        compare(ours, f"{peer}, 1 a user")
    for package in packages.ALL:
        compare(f"{package}, 1 a user, prepared", f"{package}, 1 a user")
