"""Time to authenticate one request, by rows in the table."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from functools import partial

from . import asking, databases, goals, harness, packages
from .report import Report

DEFAULTS = {"rounds": 60, "packages": packages.ALL[:1]}
QUICK = {"rounds": 8, "sizes": [1000, 50_000]}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[1000, 1_000_000, 10_000_000], metavar="ROWS"
    )


def run(options: argparse.Namespace) -> Report:
    report = Report(
        f"authenticate one request, by rows in the table, {options.database}", vars(options)
    )
    cases = {}
    with ExitStack() as stack:
        for package in options.packages:
            for rows in options.sizes:
                database = stack.enter_context(databases.new(options.database))
                workers = harness.workers(stack, package.name, database)
                workers[""].call(harness.migrate)
                keys = workers[""].call(packages.fill, package, users=rows)
                for label, worker in workers.items():
                    worker.call(asking.learn, {"all": keys})
                    worker.call(asking.warm_up, package)
                    cases[_case(package, rows, label)] = partial(
                        worker.call, asking.authenticate, package, "all", 20
                    )
        samples = harness.rounds(cases, options.rounds)
    for package in options.packages:
        for label in ("", ", prepared"):
            for rows in options.sizes[1:]:
                ours = package.name == "drf-token-auth"
                report.compare(
                    samples,
                    _case(package, rows, label),
                    _case(package, options.sizes[0], label),
                    goals.SCALE if ours and rows == 10_000_000 else None,
                )
    report.add_samples(samples)
    return report


def _case(package: packages.Package, rows: int, label: str) -> str:
    return f"{package.name}, {rows:,} rows{label}"
