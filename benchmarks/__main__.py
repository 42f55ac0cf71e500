from __future__ import annotations

import argparse
import importlib

from . import packages

BENCHMARKS = {
    "among": "authenticate one request among other work, four packages in one process",
    "authenticate": "authenticate one request, by package and by tokens a user",
    "scale": "authenticate one request, by rows in the table",
    "refused": "refuse a request: wrong checksum, unknown key, expired",
    "requests": "whole requests through gunicorn or uvicorn",
    "login": "log in, with the default password hasher and with one that takes almost no time",
    "size": "bytes a row, with indexes (PostgreSQL)",
    "purge": "delete a million expired rows, and how this slows requests (PostgreSQL)",
    "profile": "where the time of our own authenticator goes",
}


def _packages(text: str) -> list[packages.Package]:
    return [packages.BY_NAME[name] for name in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure requests, logins and purges."
    )
    subparsers = parser.add_subparsers(dest="benchmark", required=True)
    for name, title in BENCHMARKS.items():
        benchmark = importlib.import_module(f"benchmarks.{name}")
        sub = subparsers.add_parser(name, help=title, description=benchmark.__doc__)
        sub.add_argument("--database", choices=["sqlite", "postgres"], default="postgres")
        sub.add_argument("--rounds", type=int)
        sub.add_argument("--quick", action="store_true", help="run a small version")
        sub.add_argument("--json", metavar="FILE", help="also write the results to this file")
        sub.add_argument(
            "--plot", metavar="FILE", help="draw the results into this file (.svg, .png)"
        )
        sub.add_argument(
            "--packages",
            type=_packages,
            default=packages.ALL,
            help=f"the packages to measure: {','.join(packages.BY_NAME)}",
        )
        benchmark.add_arguments(sub)
        sub.set_defaults(**benchmark.DEFAULTS)
    options = parser.parse_args()
    benchmark = importlib.import_module(f"benchmarks.{options.benchmark}")
    if options.quick:
        vars(options).update(benchmark.QUICK)
    report = benchmark.run(options)
    print(report.text())
    if options.json:
        report.write(options.json)
    if options.plot:
        report.plot(options.plot)


if __name__ == "__main__":
    main()
