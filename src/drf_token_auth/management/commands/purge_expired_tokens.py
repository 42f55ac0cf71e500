from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import models
from django.db.models.deletion import get_candidate_relations_to_delete
from django.db.models.signals import post_delete, pre_delete

from ... import get_token_model, operations
from ...checks.shared import path_of
from ...purging import BATCH_SIZE
from ..base import TokenCommand, counted
from ..times import duration, given, unused_for


class Command(TokenCommand):
    help = "Delete expired tokens in short transactions. Run it from cron, while the site runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than",
            type=duration,
            default=timedelta(0),
            help="Keep tokens for this long after their expiry, such as 7d.",
        )
        parser.add_argument(
            "--unused-for",
            type=duration,
            help="Also revoke tokens that were not used for this long, such as 180d.",
        )
        parser.add_argument(
            "--batch-size",
            type=int,
            default=BATCH_SIZE,
            help=f"The most rows that one transaction deletes. Default: {BATCH_SIZE}.",
        )
        parser.add_argument(
            "--sleep", type=float, default=0.0, help="Seconds to wait between two transactions."
        )
        parser.add_argument(
            "--time-limit", type=float, help="Seconds after which no further transaction begins."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Only count the tokens. Delete nothing."
        )
        self.add_database_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch_size"] < 1:
            raise CommandError("--batch-size must be 1 or more.")
        if not (options["sleep"] >= 0 and math.isfinite(options["sleep"])):
            raise CommandError("--sleep must be a number of seconds, 0 or more.")
        if options["time_limit"] is not None and not options["time_limit"] >= 0:
            raise CommandError("--time-limit must be a number of seconds, 0 or more.")
        if options["verbosity"] > 1:
            for reason in _reasons_to_read():
                self.say(f"Django reads each row before it deletes it: {reason}.")
        is_cut_short = False

        def note_time_limit() -> None:
            nonlocal is_cut_short
            is_cut_short = True

        unused = unused_for(options)
        count = operations.purge(
            older_than=given(options["older_than"]) or timedelta(0),
            unused_for=unused,
            batch_size=options["batch_size"],
            sleep=options["sleep"],
            time_limit=options["time_limit"],
            dry_run=options["dry_run"],
            using=options["database"],
            progress=lambda total: self.show_progress(f"{total} deleted"),
            on_time_limit=note_time_limit,
        )
        self.show_progress("")
        what = "expired token" if unused is None else "expired or unused token"
        done = "would be deleted" if options["dry_run"] else "deleted"
        self.say(f"{counted(count, what)} {done}.")
        if is_cut_short:
            self.say("The time limit was reached, and more tokens are left. Run the command again.")


def _reasons_to_read() -> Iterator[str]:
    """Yield the reasons why the purge cannot delete a batch with one statement."""
    model = get_token_model()
    for name, signal in [("pre_delete", pre_delete), ("post_delete", post_delete)]:
        for receiver in [one for kind in signal._live_receivers(model) for one in kind]:
            yield f"{path_of(receiver)} receives {name}"
    relation: Any
    for relation in get_candidate_relations_to_delete(model._meta):
        if relation.on_delete is not models.DO_NOTHING:
            yield f"{relation.related_model._meta.label} has a foreign key to the token model"
