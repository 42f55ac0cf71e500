"""Time to refuse a request: wrong checksum, unknown key, expired."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from functools import partial

from . import asking, databases, goals, harness, packages
from .report import Report

DEFAULTS = {"rounds": 40}
QUICK = {"rounds": 8}

REASONS = ["wrong checksum", "unknown", "expired"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=2000)


def run(options: argparse.Namespace) -> Report:
    report = Report(f"refuse a request, {options.database}", vars(options))
    cases = {}
    with ExitStack() as stack:
        for package in options.packages:
            database = stack.enter_context(databases.new(options.database))
            worker = stack.enter_context(harness.worker(package.name, database))
            worker.call(harness.migrate)
            keys = worker.call(packages.fill, package, users=options.rows)
            worker.call(asking.learn, {"valid": keys})
            worker.call(asking.warm_up, package)
            cases[f"{package.name}, valid"] = partial(
                worker.call, asking.authenticate, package, "valid", 20
            )
            for reason in REASONS if package.expiry_column else REASONS[:2]:
                cases[f"{package.name}, {reason}"] = partial(
                    worker.call, asking.refuse, package, reason, 20
                )
        samples = harness.rounds(cases, options.rounds)
    goal = goals.WRONG_CHECKSUM if options.database == "postgres" else None
    report.compare(samples, "drf-token-auth, wrong checksum", "drf-token-auth, valid", goal)
    for reason in REASONS:
        for package in options.packages[1:]:
            report.compare(samples, f"drf-token-auth, {reason}", f"{package.name}, {reason}")
    report.add_samples(samples)
    return report
