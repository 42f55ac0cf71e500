from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from ...importers.copying import BATCH_SIZE, Counts, copy_tokens
from ...importers.known import SOURCES
from ...importers.sources import Unreadable
from ..durations import duration, given


class Command(BaseCommand):
    help = (
        "Brings over the tokens of another package, so that the keys clients hold go on working. "
        "Run it as often as you like; safe while the site is running."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", choices=tuple(SOURCES), help="Where they are.")
        lifetime = parser.add_mutually_exclusive_group()
        lifetime.add_argument(
            "--ttl",
            type=duration,
            help="They expire so long from now, such as 90d. Default: when they do in their own "
            "table, or TTL from now.",
        )
        lifetime.add_argument("--keep-forever", action="store_true", help="They never expire.")
        parser.add_argument("--dry-run", action="store_true", help="Count, and import nothing.")
        parser.add_argument(
            "--batch-size", type=int, default=BATCH_SIZE, help=f"Default: {BATCH_SIZE}."
        )
        parser.add_argument(
            "--database",
            choices=tuple(connections),
            metavar="ALIAS",
            help="Alias of the database that has both tables.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch_size"] < 1:
            raise CommandError("--batch-size is 1 or more.")
        ttl = given(options["ttl"])
        if ttl == timedelta(0):
            raise CommandError("--ttl is longer than nothing.")
        self._has_progress = options["verbosity"] > 0 and self.stderr.isatty()
        try:
            counts = copy_tokens(
                SOURCES[options["source"]](),
                ttl=ttl,
                keep_forever=options["keep_forever"],
                dry_run=options["dry_run"],
                batch_size=options["batch_size"],
                using=options["database"],
                progress=self._show_progress,
            )
        except Unreadable as reason:
            raise CommandError(str(reason)) from reason
        if self._has_progress:
            self.stderr.write("\r", ending="")
        self.stdout.write(
            _summary(counts, "would be imported" if options["dry_run"] else "imported")
        )
        if counts["held"]:
            raise CommandError(
                f"{counts['held']} are held by other transactions: run this again for them."
            )

    def _show_progress(self, imported: int) -> None:
        if self._has_progress:
            self.stderr.write(f"\r{imported} imported", ending="")
            self.stderr.flush()


def _summary(counts: Counts, done: str) -> str:
    return (
        f"{counts['imported']} tokens {done}, {counts['present']} were here already; left out: "
        f"{counts['expired']} expired, {counts['inactive']} of inactive users, "
        f"{counts['unusable']} unusable."
    )
