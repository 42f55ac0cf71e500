"""Bytes per row with indexes (PostgreSQL): as filled, and after VACUUM FULL."""

from __future__ import annotations

import argparse

from . import databases, goals, harness, packages
from .report import Report

DEFAULTS = {"rounds": 1}
QUICK = {"rows": 20_000}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument(
        "--per-user", type=int, default=1, help="for packages with several tokens a user"
    )


def run(options: argparse.Namespace) -> Report:
    if options.database != "postgres":
        raise SystemExit("size: PostgreSQL only.")
    report = Report("bytes a row with indexes, postgres", vars(options), unit="bytes")
    for package in options.packages:
        with (
            databases.new("postgres") as database,
            harness.worker(package.name, database) as worker,
        ):
            worker.call(harness.migrate)
            per_user = options.per_user if package.many_per_user else 1
            worker.call(
                packages.fill,
                package,
                users=options.rows // per_user,
                per_user=per_user,
            )
            report.cases[package.name] = worker.call(measure, package)
    for column in ("packed", "filled"):
        for name in report.cases:
            if "authtoken" in report.cases:
                report.add_ratio(
                    f"{name} / authtoken, {column}",
                    report.cases[name][column] / report.cases["authtoken"][column],
                    goals.SIZE if name == "drf-token-auth" and column == "packed" else None,
                )
    report.notes.append("simplejwt: the rows are refresh tokens. An access token has no row.")
    return report


def measure(package: packages.Package) -> dict[str, float]:
    from django.db import connection

    table = package.model()._meta.db_table
    with connection.cursor() as cursor:

        def per_row(function: str) -> float:
            cursor.execute(f"SELECT {function}(%s)::float8 / count(*) FROM {table}", [table])
            return cursor.fetchone()[0]

        filled = per_row("pg_total_relation_size")
        cursor.execute(f"VACUUM FULL {table}")
        return {
            "packed": per_row("pg_total_relation_size"),
            "filled": filled,
            "table": per_row("pg_table_size"),
            "indexes": per_row("pg_indexes_size"),
        }
