from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from ... import operations
from ...purging import BATCH_SIZE
from ..durations import duration, given


class Command(BaseCommand):
    help = "Deletes expired tokens, in short transactions. For cron; safe beside logins."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than",
            type=duration,
            default=timedelta(0),
            help="Keep a token for so long after its expiry, such as 7d.",
        )
        parser.add_argument(
            "--unused-for",
            type=duration,
            help="Also revoke tokens that nobody has used for so long, such as 180d.",
        )
        parser.add_argument(
            "--batch-size", type=int, default=BATCH_SIZE, help=f"Default: {BATCH_SIZE}."
        )
        parser.add_argument(
            "--sleep", type=float, default=0.0, help="Seconds between transactions."
        )
        parser.add_argument("--time-limit", type=float, help="Seconds to stop after.")
        parser.add_argument("--dry-run", action="store_true", help="Count, and delete nothing.")
        parser.add_argument(
            "--database",
            choices=tuple(connections),
            metavar="ALIAS",
            help="Alias of the database to purge.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch_size"] < 1:
            raise CommandError("--batch-size is 1 or more.")
        if not (options["sleep"] >= 0 and math.isfinite(options["sleep"])):
            raise CommandError("--sleep is a number of seconds, 0 or more.")
        if options["time_limit"] is not None and not options["time_limit"] >= 0:
            raise CommandError("--time-limit is a number of seconds, 0 or more.")
        unused_for = given(options["unused_for"])
        self._has_progress = options["verbosity"] > 0 and self.stderr.isatty()
        count = operations.purge(
            older_than=given(options["older_than"]) or timedelta(0),
            unused_for=unused_for,
            batch_size=options["batch_size"],
            sleep=options["sleep"],
            time_limit=options["time_limit"],
            dry_run=options["dry_run"],
            using=options["database"],
            progress=self._show_progress,
        )
        if self._has_progress:
            self.stderr.write("\r", ending="")
        what = "expired tokens" if unused_for is None else "expired or unused tokens"
        done = "would be deleted" if options["dry_run"] else "deleted"
        self.stdout.write(f"{count} {what} {done}.")

    def _show_progress(self, total: int) -> None:
        if self._has_progress:
            self.stderr.write(f"\r{total} deleted", ending="")
            self.stderr.flush()
